import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../../src/base/testing/until.js';
import { freePorts } from '../../../src/network/ports.js';
import type { Archive } from './archive.js';
import type { FoundOrthanc } from './find-orthanc.js';

const READY = { timeoutMs: 60_000, pauseMs: 5 };
const STOP_AFTER_MS = 60_000;
/** Debian's plugin ends the server at some other transfer syntaxes; these are JPEG 2000. */
const GDCM_SYNTAXES = ['90', '91', '92', '93'].map((last) => `1.2.840.10008.1.2.4.${last}`);

/** What its configuration says besides folders and port; all else is Orthanc's default. */
export const ORTHANC_SETTINGS = {
  Name: 'bench',
  DicomServerEnabled: false,
  RemoteAccessAllowed: false,
  AuthenticationEnabled: false,
  HttpCompressionEnabled: true,
  KeepAlive: true,
  TcpNoDelay: true,
  DicomWeb: { Enable: true, Root: '/dicom-web/', EnableWado: true, WadoRoot: '/wado', Host: 'localhost', Ssl: false },
  Gdcm: { Enable: true, RestrictTransferSyntaxes: GDCM_SYNTAXES },
};

/** Orthanc in a folder of its own, on the loopback alone; not started yet. */
export function openOrthanc(folder: string, { program, plugins }: FoundOrthanc): Archive {
  let child: ChildProcess | undefined;
  let url = '';
  const isAlive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    name: 'Orthanc',
    folder,
    pulse: '/system',
    headers: {},
    get url() {
      return url;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    get isAlive() {
      return isAlive();
    },
    start: async () => {
      mkdirSync(folder, { recursive: true });
      const [port] = await freePorts(1);
      const file = path.join(folder, 'orthanc.json');
      const own = { StorageDirectory: folder, IndexDirectory: folder, Plugins: plugins, HttpPort: port };
      writeFileSync(file, JSON.stringify({ ...ORTHANC_SETTINGS, ...own }, null, 2));
      url = `http://127.0.0.1:${port}`;
      const log = openSync(path.join(folder, 'orthanc.log'), 'a');
      const begun = performance.now();
      child = spawn(program, [file], { stdio: ['ignore', log, log] });
      await until('Orthanc to answer', async () => (await fetch(`${url}/system`)).ok, READY);
      return (performance.now() - begun) / 1000;
    },
    stop: async () => {
      if (!child || !isAlive()) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      // It ends only when searches are done whose client has gone long ago.
      const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_AFTER_MS);
      await ended;
      clearTimeout(timer);
    },
    forgetCache: () => undefined,
  };
}
