import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, runCommand, type CommandResult } from '../../conformance/testing/command-line.js';
import { until } from '../base/testing/until.js';
import { callGethIpc, ipcPathOf } from './geth-ipc.js';
import type { JoinFile } from './join-file.js';
import { freePorts } from './ports.js';
import { gethUnderTest } from './testing/build-geth.js';

const GETH = gethUnderTest();

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-join-'));
const governors = ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222'];
const running: ChildProcess[] = [];

interface Machine {
  folder: string;
  port: string;
  rpcPort: string;
}
let machines: [Machine, Machine, Machine];

const network = (...args: string[]): Promise<CommandResult> => runCommand(['network', ...args], { GETH });
const at = ({ folder, port, rpcPort }: Machine): string[] => [
  ...['--data', folder, '--host', '127.0.0.1', '--port', port, '--rpc-port', rpcPort],
];
const signerOf = ({ folder }: Machine): string =>
  (JSON.parse(readFileSync(path.join(folder, 'node.json'), 'utf8')) as { signer: string }).signer;
const joinFileOf = ({ folder }: Machine): string => path.join(folder, 'join.json');
const readJoin = (machine: Machine): JoinFile => JSON.parse(readFileSync(joinFileOf(machine), 'utf8')) as JoinFile;
const ipc = ({ folder }: Machine, method: string): Promise<unknown> => callGethIpc(ipcPathOf(folder), method, []);

const gasLimitOfHead = async ({ folder }: Machine): Promise<number> =>
  Number(
    ((await callGethIpc(ipcPathOf(folder), 'eth_getBlockByNumber', ['latest', false])) as { gasLimit: string })
      .gasLimit,
  );

async function start({ folder }: Machine): Promise<ChildProcess> {
  const node = spawn(process.execPath, [main, 'network', 'start', '--data', folder], {
    env: { PATH: process.env['PATH'], GETH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(node);
  await once(node.stdout, 'data');
  return node;
}

beforeAll(async () => {
  const ports = (await freePorts(6)).map(String);
  machines = [0, 1, 2].map((i) => ({
    folder: path.join(parent, `machine-${i + 1}`),
    port: ports[2 * i]!,
    rpcPort: ports[2 * i + 1]!,
  })) as typeof machines;
});
afterAll(async () => {
  for (const node of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    node.kill('SIGTERM');
    await once(node, 'exit');
  }
  rmSync(parent, { recursive: true, force: true });
});

describe('network init, join, start, propose, status: a consortium of three machines, one step after another', () => {
  it('wants at least two governors', async () => {
    const { code, stderr } = await network('init', ...at(machines[0]), '--governor', governors[0]!);
    expect(code).toBe(1);
    expect(stderr).toMatch(/at least two governors, not 1/);
  });

  it('begins with one node that seals alone, and funds the governors', async () => {
    const [first] = machines;
    const founding = [
      '--block-gas',
      '270000000',
      '--netrestrict',
      '127.0.0.0/8',
      ...governors.flatMap((one) => ['--governor', one]),
    ];
    const { code, stdout } = await network('init', ...at(first), ...founding);
    expect(code).toBe(0);
    expect(stdout).toContain(signerOf(first));
    const { genesis, enodes } = readJoin(first);
    expect(Object.keys((genesis as { alloc: object }).alloc)).toEqual(governors);
    expect(enodes).toEqual([expect.stringMatching(new RegExp(`^enode://[0-9a-f]{128}@127.0.0.1:${first.port}$`))]);
    await start(first);
    await until('the first node to seal', async () => Number(await ipc(first, 'eth_blockNumber')) > 0);
    expect((await network('init', ...at(first), ...governors.flatMap((one) => ['--governor', one]))).stderr).toMatch(
      /There is a node in .* already/,
    );
  });

  it('lets others follow it by its join file, before they may seal', async () => {
    const [first, second, third] = machines;
    expect((await network('join', ...at(second), '--join', joinFileOf(first))).code).toBe(0);
    expect((await network('join', ...at(third), '--join', joinFileOf(second))).code).toBe(0);
    expect(readJoin(third).enodes).toHaveLength(3);
    await Promise.all([start(second), start(third)]);
    for (const machine of [second, third])
      await until('a joined node to catch up', async () => Number(await ipc(machine, 'eth_blockNumber')) > 0);
    const { code, stderr } = await network('propose', signerOf(third), '--data', second.folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/seals no blocks, so it has no vote/);
  });

  it('votes them in: one vote of one, then two of two, of which the first says that one is missing', async () => {
    const [first, second, third] = machines;
    expect((await network('propose', signerOf(second), '--data', first.folder)).stdout).toMatch(/seals blocks now/);
    expect((await network('propose', signerOf(third), '--data', first.folder)).stdout).toMatch(
      /one more vote is missing/,
    );
    await until(
      'the proposal to be accepted',
      async () => (await network('propose', signerOf(third), '--data', second.folder)).code === 0,
    );
    const signers = machines.map(signerOf).sort();
    for (const machine of machines)
      await until(
        'both signers to be known',
        async () => String(await ipc(machine, 'clique_getSigners')) === String(signers),
      );
    const sealed = async (): Promise<Record<string, number>> =>
      ((await ipc(first, 'clique_status')) as { sealerActivity: Record<string, number> }).sealerActivity;
    await until('the network to agree', async () => {
      const counts = await sealed();
      return signers.every((signer) => (counts[signer] ?? 0) > 0);
    });
    // Each sealed blocks of the size that the first was founded with.
    expect(await gasLimitOfHead(first)).toBe(270_000_000);
  });

  it('shows signers, peers and head', async () => {
    const { stdout } = await network('status', '--data', machines[0].folder);
    for (const machine of machines) expect(stdout).toContain(signerOf(machine));
    expect(stdout).toMatch(new RegExp(`${signerOf(machines[0])} \\(this node`));
    expect(stdout).toMatch(/in turn\)/);
    expect(stdout).toMatch(/^head +block \d+, \d+ s old$/m);
    expect(stdout).toMatch(/^peers +127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/m);
  });

  it('says so when a node is started twice, and stops it on SIGTERM', async () => {
    const [first] = machines;
    const twice = await network('start', '--data', first.folder);
    expect(twice.code).toBe(1);
    expect(twice.stderr).toMatch(/Another geth runs on/);
    const node = running[0]!;
    node.kill('SIGTERM');
    expect(await once(node, 'exit')).toEqual([0, null]);
    const { stderr } = await network('status', '--data', first.folder);
    expect(stderr).toMatch(/does not answer .*network start/);
  });
});
