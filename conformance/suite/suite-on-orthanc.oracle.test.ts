import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { type ConformanceRun, runConformance } from '../testing/run-conformance.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-orthanc-'));
let orthanc: ChildProcess;
let system: { Version: string };
let run: ConformanceRun;

/** A port that nobody listens at just now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

beforeAll(async () => {
  const plugin = readdirSync('/usr/lib/orthanc').find((name) => name.startsWith('libOrthancDicomWeb.so')) ?? '';
  const port = await freePort();
  const settings = {
    StorageDirectory: folder,
    IndexDirectory: folder,
    Plugins: [path.join('/usr/lib/orthanc', plugin)],
    HttpPort: port,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomWeb: { Enable: true, Root: '/dicom-web/', EnableWado: true, WadoRoot: '/wado' },
  };
  writeFileSync(path.join(folder, 'orthanc.json'), JSON.stringify(settings));
  orthanc = spawn('Orthanc', [path.join(folder, 'orthanc.json')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await until('Orthanc to answer', async () => (await fetch(`${url}/system`).catch(() => undefined))?.ok === true);
  system = (await (await fetch(`${url}/system`)).json()) as { Version: string };
  run = await runConformance(`${url}/dicom-web`);
}, 300_000);

afterAll(async () => {
  if (orthanc?.exitCode === null) {
    orthanc.kill('SIGTERM');
    await once(orthanc, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

describe("dicom-ledger conformance, on Debian's Orthanc", () => {
  const page = readFileSync('docs/conformance-suite.md', 'utf8');

  it('runs on the version that the page names', () => {
    expect(page).toContain(`Orthanc ${system.Version}`);
  });

  it('fails the rows of the table in docs/conformance-suite.md, and no others', () => {
    const listed = [...page.matchAll(/^\| `([^`]+)` +\| (?:MUST|SHOULD) /gm)].map(([, name = '']) => name).sort();
    expect(run.failed).toEqual(listed);
    expect(run.failed.length).toBeGreaterThan(20);
    expect(run.code).toBe(1);
  });
});
