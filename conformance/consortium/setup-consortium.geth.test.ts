import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { main, runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, stowSingle, storedSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { startServer, type RunningServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

// What docker/compose.consortium.yaml does, without docker: addresses of the loopback in place of those of its network.
const hosts = ['127.30.4.11', '127.30.4.12', '127.30.4.13'];
const script = fileURLToPath(new URL('../../docker/setup-consortium.sh', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-docker-'));
const env = {
  PATH: process.env['PATH'],
  GETH: execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/build-geth.mjs', import.meta.url))])
    .toString()
    .trim(),
  ROOT: root,
  HOSTS: hosts.join(' '),
  // A connection of one of them comes from 127.0.0.1.
  NETRESTRICT: '127.0.0.0/8',
  DICOM_LEDGER: `${process.execPath} ${main}`,
};
const nodes: ChildProcess[] = [];
const servers: RunningServer[] = [];

const setup = (step: string) => promisify(execFile)('sh', [script, step], { env });
const rpc = (i: number): string => `http://${hosts[i]}:8545`;

async function isUp(url: string): Promise<boolean> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
  return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).ok;
}

beforeAll(async () => {
  for (const folder of ['governors', 'consortium', ...[1, 2, 3].flatMap((i) => [`nodes/${i}`, `sites/${i}`])])
    mkdirSync(path.join(root, folder), { recursive: true });
  await setup('files');
  for (const [i, host] of hosts.entries()) {
    const args = ['network', 'start', '--data', path.join(root, 'nodes', String(i + 1)), '--rpc-host', host];
    nodes.push(spawn(process.execPath, [main, ...args], { env, stdio: 'ignore' }));
  }
  await Promise.all(hosts.map((_, i) => until('each node to answer', () => isUp(rpc(i)), { timeoutMs: 60_000 })));
  await setup('chain');
}, 240_000);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await Promise.all(
    nodes.map(async (node) => {
      if (node.exitCode !== null || node.signalCode !== null) return;
      node.kill('SIGTERM');
      await once(node, 'exit');
    }),
  );
  rmSync(root, { recursive: true, force: true });
}, 60_000);

describe('docker/setup-consortium.sh', () => {
  const contract = () => readFileSync(path.join(root, 'consortium/contract'), 'utf8').trim();

  it('makes three signers and admits three sites, and leaves them when it is run again', async () => {
    // The third node may still be a block behind those that have voted.
    await until('three signers', async () => {
      const { stdout } = await runCommand(['network', 'status', '--data', path.join(root, 'nodes/3')]);
      expect(stdout).toContain(`contract ${contract()}`);
      return stdout.match(/^(signers| {7}) +0x[0-9a-f]{40}\b/gm)?.length === 3;
    });
    const list = ['site', 'list', '--url', rpc(2), '--contract', contract()];
    const sites = (await runCommand(list)).stdout;
    expect(sites.match(/^\d\tsite-\d\tadmitted\t0x[0-9a-f]{40}$/gm)).toHaveLength(3);
    await setup('files');
    await setup('chain');
    expect((await runCommand(list)).stdout).toBe(sites);
  }, 120_000);

  it('makes sites that take an embedded archive over and have it at each other', async () => {
    for (const i of [0, 1]) {
      const data = path.join(root, 'sites', String(i + 1));
      const env = {
        LEDGER_URL: [...hosts.keys()].map((step) => rpc((i + step) % 3)).join(','),
        LEDGER_CONTRACT: contract(),
        SITE_KEYSTORE_FILE: path.join(data, 'site.json'),
        SITE_PASSWORD_FILE: path.join(data, 'site.password'),
        CONSORTIUM_KEY_FILE: path.join(data, 'consortium.key'),
      };
      servers.push(await startServer({ env, dataFolder: data }));
    }
    const embedded = await startServer();
    servers.push(embedded);
    const [first, second] = servers as [RunningServer, RunningServer];
    const ids = { study: newUid(), series: newUid(), instance: newUid() };
    const over = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series };
    const slice = ctSlice({ ...over, SOPInstanceUID: ids.instance }, { size: 256 });
    await stowSingle(embedded.url, slice);
    for (let i = 0; i < 4; i++) await stowSingle(embedded.url, ctSlice(over, { size: 64 }));
    const { code, stdout } = await runCommand(['copy', '--from', embedded.url, '--to', first.url]);
    expect(stdout).toMatch(/^5 stored, 0 already there, 0 refused;/m);
    expect(code).toBe(0);
    await until(
      'the instance at the second site',
      async () => (await get(`${second.url}${instancePath(ids)}`, storedSingle)).ok,
    );
    const there = await bytesOf(await get(`${second.url}${instancePath(ids)}`, storedSingle));
    expect(sha256(there)).toBe(sha256(slice));
    const again = await runCommand(['copy', '--from', embedded.url, '--to', second.url]);
    expect(again.stdout).toMatch(/^0 stored, 5 already there, 0 refused;/m);
  }, 120_000);
});
