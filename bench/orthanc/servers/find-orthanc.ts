import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Where Debian puts plugins. */
const PLUGINS_FOLDER = '/usr/lib/orthanc';

/** An Orthanc of this machine. */
export interface FoundOrthanc {
  program: string;
  /** `1.10.1`. */
  version: string;
  /** Files of the DICOMweb plugin and, where there is one, of GDCM's. */
  plugins: string[];
}

/** Throws with what to install when there is no Orthanc with its DICOMweb plugin; installs nothing. */
export function findOrthanc(): FoundOrthanc {
  const program = ['/usr/sbin/Orthanc', '/usr/bin/Orthanc', '/usr/local/sbin/Orthanc'].find((file) => existsSync(file));
  const files = existsSync(PLUGINS_FOLDER) ? readdirSync(PLUGINS_FOLDER) : [];
  const pluginOf = (name: string): string[] =>
    files
      .filter((file) => file.startsWith(`lib${name}.so`))
      .slice(0, 1)
      .map((file) => path.join(PLUGINS_FOLDER, file));
  const web = pluginOf('OrthancDicomWeb');
  if (program === undefined || web.length === 0)
    throw new Error(
      'There is no Orthanc with its DICOMweb plugin on this machine, and this bench installs none. On Debian: apt-get install orthanc orthanc-dicomweb orthanc-gdcm',
    );
  const version = /Orthanc (\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  return { program, version, plugins: [...web, ...pluginOf('OrthancGdcm')] };
}
