import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { main } from '../../conformance/testing/command-line.js';
import { until } from '../base/testing/until.js';
import type { Network } from './network.js';
import { freePorts } from './ports.js';
import { startNetwork } from './start-network.js';
import { gethUnderTest } from './testing/build-geth.js';

const GETH = gethUnderTest();

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-run-'));
const folder = path.join(parent, 'network');
const networks: Network[] = [];
const commands: ChildProcess[] = [];
afterAll(async () => {
  for (const network of networks) await network.stop();
  for (const command of commands) command.kill('SIGKILL');
  rmSync(parent, { recursive: true, force: true });
});

async function start(sites: number): Promise<Network> {
  const network = await startNetwork({ sites, folder, binary: GETH, onlyChain: true });
  networks.push(network);
  return network;
}

interface Written {
  contract: string;
  sites: {
    name: string;
    url: string | null;
    pid: number | null;
    node: { pid: number | null; rpc: string; ws: string };
  }[];
}
const written = (where: string): Written =>
  JSON.parse(readFileSync(path.join(where, 'network.json'), 'utf8')) as Written;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const headOf = async (network: Network, i: number): Promise<number> =>
  Number(await network.sites[i]!.node.ipc('eth_blockNumber'));
const peerCount = async (network: Network, i: number): Promise<number> =>
  ((await network.sites[i]!.node.ipc('admin_peers')) as unknown[]).length;

describe('startNetwork', () => {
  it('gives signers, one contract and its sites, and says where all of it is', async () => {
    const network = await start(3);
    expect(network.sites.map(({ name, siteId }) => [name, siteId])).toEqual([
      ['site-1', 1],
      ['site-2', 2],
      ['site-3', 3],
    ]);
    const signers = network.sites.map(({ node }) => node.signer).sort();
    for (const { node } of network.sites) {
      expect(await node.ipc('clique_getSigners')).toEqual(signers);
      expect(await node.ipc('eth_getCode', network.contract, 'latest')).not.toBe('0x');
    }
    const { contract, sites } = written(folder);
    expect(contract).toBe(network.contract);
    expect(sites.map(({ node }) => node)).toMatchObject(
      network.sites.map(({ node: { pid, rpc, ws } }) => ({ pid, rpc, ws })),
    );
  });

  it('cuts a node off, also when it starts anew meanwhile, and the others go on', async () => {
    const [network] = networks as [Network];
    const third = network.sites[2]!;
    await network.cutOff(third);
    expect(await peerCount(network, 2)).toBe(0);
    await third.node.stop('SIGKILL');
    expect(third.node.pid).toBeUndefined();
    await until('the killed node to be written down as ended', async () => written(folder).sites[2]!.node.pid === null);
    await third.node.start();
    expect(written(folder).sites[2]!.node.pid).toBe(third.node.pid);
    expect(await peerCount(network, 2)).toBe(0);
    const before = await headOf(network, 0);
    await until('blocks to go on', async () => (await headOf(network, 0)) > before + 1);
  });

  it('stops every process, and goes on with the folder: the same contract, keys and ports, no block lost', async () => {
    const [network] = networks as [Network];
    const pids = network.sites.map(({ node }) => node.pid!);
    const head = await headOf(network, 0);
    await network.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(start(2)).rejects.toThrow(/has 3 sites, not 2/);
    const again = await start(3);
    expect(again.contract).toBe(network.contract);
    expect(again.sites.map(({ account, node }) => [account, node.rpc, node.enode])).toEqual(
      network.sites.map(({ account, node }) => [account, node.rpc, node.enode]),
    );
    expect(await headOf(again, 0)).toBeGreaterThanOrEqual(head);
    await again.stop();
  });

  it('says which port is taken, and starts nothing', async () => {
    const rpc = Number(new URL(networks[0]!.sites[0]!.node.rpc).port);
    const taken = createServer().listen(rpc, '127.0.0.1');
    await once(taken, 'listening');
    await expect(start(3)).rejects.toThrow(`site-1's node cannot listen on 127.0.0.1:${rpc}`);
    taken.close();
    for (const { node } of networks[0]!.sites) await expect(node.ipc('eth_chainId')).rejects.toThrow(/does not answer/);
  });
});

describe('dicom-ledger network run', () => {
  it('prints where all is, names what has ended and how to start it, and Ctrl-C stops all it started', async () => {
    const [port] = (await freePorts(1)) as [number];
    const data = path.join(parent, 'of-one');
    const args = ['network', 'run', '--sites', '1', '--data', data, '--port', String(port)];
    const command = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'], GETH, MIN_FREE_BYTES: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    commands.push(command);
    const lines: string[] = [];
    createInterface({ input: command.stdout }).on('line', (line) => lines.push(line));
    await until('the network to be up', async () => lines.some((line) => line.includes('Ctrl-C stops all')), {
      timeoutMs: 60_000,
    });
    const output = lines.join('\n');
    const { contract, sites } = written(data);
    const { url, pid, node } = sites[0]!;
    for (const part of [url!, node.rpc, contract, path.join(data, 'site-1', 'site.json'), 'governor-3.json'])
      expect(output).toContain(part);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    process.kill(pid!, 'SIGKILL');
    await until('the killed server to be told of', async () =>
      lines.some((line) => /^site-1's server has ended \(SIGKILL\)\. .*server\.env/.test(line)),
    );
    await until('the killed server to be written down as ended', async () => written(data).sites[0]!.pid === null);
    command.kill('SIGINT');
    expect(await once(command, 'exit')).toEqual([0, null]);
    expect([pid!, node.pid!].filter(isAlive)).toEqual([]);
  }, 120_000);
});
