import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { freePorts } from '../../src/network/ports.js';

/** Debian's Orthanc with its DICOMweb plugin, in a process of its own. */
export interface Orthanc {
  /** `http://127.0.0.1:43210`, without a slash at the end. */
  url: string;
  /** As it names itself: `1.10.1`. */
  version: string;
  stop(): Promise<void>;
}

/** Starts it on a free port of the loopback; `servers` are those that it is a DICOMweb client of, by name, as its configuration has them. */
export async function startOrthanc({ servers = {} }: { servers?: Record<string, object> } = {}): Promise<Orthanc> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-orthanc-'));
  const plugin = readdirSync('/usr/lib/orthanc').find((name) => name.startsWith('libOrthancDicomWeb.so')) ?? '';
  const [port] = await freePorts(1);
  const settings = {
    StorageDirectory: folder,
    IndexDirectory: folder,
    Plugins: [path.join('/usr/lib/orthanc', plugin)],
    HttpPort: port,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomWeb: { Enable: true, Root: '/dicom-web/', EnableWado: true, WadoRoot: '/wado', Servers: servers },
  };
  writeFileSync(path.join(folder, 'orthanc.json'), JSON.stringify(settings));
  const child: ChildProcess = spawn('Orthanc', [path.join(folder, 'orthanc.json')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await until('Orthanc to answer', async () => (await fetch(`${url}/system`).catch(() => undefined))?.ok === true);
  const { Version: version } = (await (await fetch(`${url}/system`)).json()) as { Version: string };
  return {
    url,
    version,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
