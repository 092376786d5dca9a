import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'undici';
import { startGeth, type Geth } from './testing/geth.js';
import { gethUnderTest } from './testing/build-geth.js';

const binary = gethUnderTest();

type Answer = { result?: unknown; error?: { message: string } };
type Ask = (method: string, ...params: unknown[]) => Promise<Answer>;

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-sealing-'));
let geth: Geth;
let sealer: string;

const overHttp: Ask = async (method, ...params) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(geth.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()) as Answer;
};

const overWebSocket: Ask = (method, ...params) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(geth.ws);
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    socket.onerror = reject;
    socket.onmessage = ({ data }) => {
      resolve(JSON.parse(String(data)) as Answer);
      socket.close();
    };
  });

beforeAll(async () => {
  geth = await startGeth({ binary, folder, funded: [] });
  [sealer] = (await geth.ipc('clique_getSigners')) as [string];
});
afterAll(async () => {
  await geth.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overWebSocket],
])("The sealer's key, asked for over %s", (_name, ask) => {
  it('seals blocks', async () => {
    const height = async (): Promise<bigint> => BigInt((await ask('eth_blockNumber')).result as string);
    const before = await height();
    while ((await height()) <= before) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask('eth_accounts')).result).toEqual([sealer]);
  });

  it('signs neither transactions nor texts nor headers', async () => {
    const transaction = { from: sealer, to: sealer, gas: '0x5208', gasPrice: '0x0', value: '0x0', nonce: '0x0' };
    for (const [method, ...params] of [
      ['eth_sendTransaction', transaction],
      ['eth_signTransaction', transaction],
      ['eth_sign', sealer, '0x1234'],
    ] as [string, ...unknown[]][]) {
      const { result, error } = await ask(method, ...params);
      expect([method, result]).toEqual([method, undefined]);
      expect(error?.message).toMatch(/signs blocks only/);
    }
  });

  it('cannot be reached by the namespaces that manage keys and nodes', async () => {
    for (const method of [
      'personal_listAccounts',
      'personal_sign',
      'clique_propose',
      'admin_nodeInfo',
      'debug_setHead',
      'miner_stop',
    ])
      expect((await ask(method)).error?.message).toMatch(/does not exist/);
  });
});

describe("A node's folder", () => {
  it('has the key encrypted, and nothing in the keystore that geth itself reads', async () => {
    const files = execFileSync('find', [folder, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n');
    expect(files.filter((file) => file.includes('/keystore/'))).toEqual([]);
    expect(files).toContain(path.join(folder, 'signer.json'));
  });
});
