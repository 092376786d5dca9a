import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oraclePython } from '../../src/dicom/testing/oracle.js';
import { sampleFolder, unstorable } from '../../src/dicom/testing/sample-files.js';
import { type RunningServer, startServer } from './server.js';

interface PythonClient {
  /** The file in `conformance/clients`. */
  script: string;
  /** Its arguments. */
  parameters?: () => readonly string[];
  /** The names of its checks, in order, and how many comparisons each makes at least. */
  checks: Record<string, number>;
}

/** What a check of a script compared, and what was wrong. */
interface Checked {
  tried: number;
  findings: string[];
}

/**
 * Tests of a script of `conformance/clients`, which runs once, on a server of its own: one for each of its checks, which has to be there,
 * to have compared at least so many things, and to have found nothing wrong. Skipped where the sample files are not, unless in CI.
 */
export function describePythonClient(title: string, { script, parameters = () => [], checks }: PythonClient): void {
  (existsSync(sampleFolder) || process.env['CI'] ? describe : describe.skip)(title, () => {
    let server: RunningServer;
    let found: Map<string, Checked>;
    beforeAll(async () => {
      server = await startServer();
      found = await runScript(server, script, parameters());
    });
    afterAll(() => server.stop());

    it.each(Object.entries(checks))('%s', (name, least) => {
      expect(found.get(name)?.findings).toEqual([]);
      expect(found.get(name)?.tried).toBeGreaterThanOrEqual(least);
    });

    it('checks all of these and no more', () => {
      expect([...found.keys()]).toEqual(Object.keys(checks));
    });
  });
}

async function runScript(
  { url, authorization }: RunningServer,
  script: string,
  parameters: readonly string[],
): Promise<Map<string, Checked>> {
  const { status, stdout, stderr } = await runProgram(
    oraclePython(),
    [path.resolve('conformance/clients', script), ...parameters],
    {
      DICOMWEB_URL: `${url}/dicom-web`,
      DICOMWEB_TOKEN: String(authorization.Authorization).replace(/^Bearer /, ''),
    },
  );
  if (status !== 0) throw new Error(`${script} ended with ${status}:\n${stderr}`);
  const lines = stdout.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const { check, ...checked } = JSON.parse(line) as Checked & { check: string };
      return [check, checked];
    }),
  );
}

/** Runs a program of the oracles' Python environment, or the Python itself, to its end. */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  env: Record<string, string> = {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(program, parameters, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => (written[name] += text));
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...written };
}

/** What pydicom does not write as it read it, or does not read; other tests store these. */
const notForPydicom = ['SC_rgb_jpeg.dcm', 'big-endian-un-of-undefined-length.dcm', 'file-meta-in-implicit-vr.dcm'];

/** Paths of the sample files and reported files that pydicom reads and an archive takes. Six slices stand for the one MR series. */
export function filesForPydicom(): string[] {
  return ['wg04', 'pydicom', 'mr-structural', '../reports'].flatMap((folder) =>
    readdirSync(path.join(sampleFolder, folder))
      .filter(
        (name) => name.endsWith('.dcm') && !notForPydicom.includes(name) && !unstorable.includes(`${folder}/${name}`),
      )
      .sort()
      .slice(0, folder === 'mr-structural' ? 6 : undefined)
      // The largest and the many in gray are there in one or two spellings.
      .filter((name) => !/^(RG2|SC1)_(?!UNC)|^(NM1|MR1)_J/.test(name))
      .map((name) => path.join(sampleFolder, folder, name)),
  );
}
