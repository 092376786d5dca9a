import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, runCommand, type CommandResult } from '../../conformance/testing/command-line.js';
import { until } from '../base/testing/until.js';
import { parseEnode } from './enode.js';
import { callGethIpc, ipcPathOf } from './geth-ipc.js';
import { joinFileIn, readJoinFile } from './join-file.js';
import { readNodeFolder, writeNodeFolder } from './node-folder.js';
import { freePorts } from './ports.js';
import { authFrame, send } from './testing/handshake-frames.js';
import { buildGeth } from './testing/build-geth.js';

const GETH = buildGeth();
const PLAIN_GETH = path.join(buildGeth('--plain'), 'geth');
const PATIENCE = { timeoutMs: 180_000, pauseMs: 200 };

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-rotate-'));
const governors = ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222'];

interface Hospital {
  folder: string;
  port: number;
  rpcPort: number;
  process?: ChildProcess;
  /** What its last start wrote to standard error. */
  said: string;
}
let hospitals: [Hospital, Hospital, Hospital];

const network = (...args: string[]): Promise<CommandResult> => runCommand(['network', ...args], { GETH });
const at = ({ folder, port, rpcPort }: Hospital): string[] => [
  ...['--data', folder, '--host', '127.0.0.1', '--port', String(port), '--rpc-port', String(rpcPort)],
];
const keyIn = (enode: string): string => parseEnode(enode).publicKey;

async function start(hospital: Hospital, ...options: string[]): Promise<void> {
  const node = spawn(process.execPath, [main, 'network', 'start', '--data', hospital.folder, ...options], {
    env: { PATH: process.env['PATH'], GETH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  hospital.process = node;
  hospital.said = '';
  node.stderr.setEncoding('utf8').on('data', (text: string) => (hospital.said += text));
  await Promise.race([once(node.stdout, 'data'), once(node, 'exit')]);
  if (node.exitCode !== null) throw new Error(`The node did not start: ${hospital.said}`);
}

async function stop({ process: node }: Hospital): Promise<void> {
  if (!node || node.exitCode !== null || node.signalCode !== null) return;
  node.kill('SIGTERM');
  await once(node, 'exit');
}

/** The public keys that a node is connected to. */
async function peersOf({ folder }: Hospital): Promise<string[]> {
  const peers = (await callGethIpc(ipcPathOf(folder), 'admin_peers', [])) as { enode: string }[];
  return peers.map(({ enode }) => new URL(enode).username).sort();
}

/** Waits until every node is connected to the others under the keys that their folders name, and to no other. */
async function untilAllConnected(): Promise<void> {
  const keys = await Promise.all(hospitals.map(async ({ folder }) => keyIn((await readNodeFolder(folder)).enode)));
  for (const [i, hospital] of hospitals.entries())
    await until(
      `hospital ${i + 1} to be connected to the two others`,
      async () => String(await peersOf(hospital)) === String(keys.filter((_, other) => other !== i).sort()),
      PATIENCE,
    );
}

beforeAll(async () => {
  const ports = await freePorts(6);
  hospitals = [0, 1, 2].map((i) => ({
    folder: path.join(parent, `hospital-${i + 1}`),
    port: ports[2 * i]!,
    rpcPort: ports[2 * i + 1]!,
    said: '',
  })) as typeof hospitals;
  const [first, second, third] = hospitals;
  const founding = ['--netrestrict', '127.0.0.0/8', ...governors.flatMap((one) => ['--governor', one])];
  expect(await network('init', ...at(first), ...founding)).toMatchObject({ code: 0 });
  expect(await network('join', ...at(second), '--join', joinFileIn(first.folder))).toMatchObject({ code: 0 });
  expect(await network('join', ...at(third), '--join', joinFileIn(second.folder))).toMatchObject({ code: 0 });
});
afterAll(async () => {
  for (const hospital of hospitals) await stop(hospital);
  rmSync(parent, { recursive: true, force: true });
});

describe('A consortium of three that began on a geth with known holes, one step after another', () => {
  it('does not start with a geth as it was released', async () => {
    const { code, stderr } = await runCommand(['network', 'start', '--data', hospitals[0].folder], {
      GETH: PLAIN_GETH,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/is geth 1\.13\.15 as it was released.*CVE-2026-22862.*npm run geth/);
  });

  it('does not start nodes that would talk to anybody, and starts them once it is said to whom', async () => {
    // As an earlier release left them.
    const unsaid = { netrestrict: undefined, nodeKeyEdition: undefined };
    for (const { folder } of hospitals) await writeNodeFolder(folder, { ...(await readNodeFolder(folder)), ...unsaid });
    const { code, stderr } = await network('start', '--data', hospitals[0].folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no netrestrict.*--netrestrict 10\.8\.0\.0\/24"/);
    for (const hospital of hospitals) await start(hospital, '--netrestrict', '127.0.0.0/8');
    await untilAllConnected();
    for (const { said } of hospitals) expect(said).toMatch(/CVE-2026-26315.*stop it.*network rotate-node-key/);
  });

  it('is connected again after the first, which the others know by its key, has a new one', async () => {
    const [first, second, third] = hospitals;
    const { enode: former } = await readNodeFolder(first.folder);
    const running = await network('rotate-node-key', '--data', first.folder);
    expect(running.code).toBe(1);
    expect(running.stderr).toMatch(/runs: stop it/);

    await stop(first);
    const { code, stdout } = await network('rotate-node-key', '--data', first.folder);
    expect(code).toBe(0);
    const { enode } = await readNodeFolder(first.folder);
    expect(stdout).toContain(former);
    expect(stdout).toContain(`dicom-ledger network peer ${enode} --data`);
    expect(keyIn(enode)).not.toBe(keyIn(former));
    await start(first);
    expect(first.said).toBe('');

    for (const { folder } of [second, third]) {
      const changed = await network('peer', enode, '--data', folder);
      expect(changed.stdout).toBe(`The node keeps a connection to ${enode}, in place of ${former}.\n`);
    }
    await untilAllConnected();
    // The port answers to the new key alone, and the old one is nowhere any more.
    expect(await send(first.port, authFrame(Buffer.from(keyIn(enode), 'hex')))).toBe('answered');
    expect(await send(first.port, authFrame(Buffer.from(keyIn(former), 'hex')))).toBe('hung up');
    for (const { folder } of hospitals) {
      const { peers } = await readNodeFolder(folder);
      const { enodes } = await readJoinFile(joinFileIn(folder));
      expect([...peers, ...enodes].filter((one) => keyIn(one) === keyIn(former))).toEqual([]);
    }
  });

  it('stays so when the others start again', async () => {
    for (const hospital of hospitals.slice(1)) {
      await stop(hospital);
      await start(hospital);
    }
    await untilAllConnected();
    const { stdout } = await network('status', '--data', hospitals[0].folder);
    expect(stdout).toMatch(/^peers +127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/m);
  });

  it('shows in the status whose geth has known holes', async () => {
    const [first, second, third] = hospitals;
    await stop(third);
    // By hand: "network start" refuses it.
    const config = path.join(third.folder, 'config.toml');
    const args = [
      '--config',
      config,
      '--datadir',
      third.folder,
      '--ipcdisable',
      '--nodiscover',
      '--state.scheme',
      'hash',
    ];
    const byHand = ['--gcmode', 'archive', '--syncmode', 'full', '--authrpc.port', '0'];
    const { chainId } = await readNodeFolder(third.folder);
    const plain = spawn(PLAIN_GETH, [...args, ...byHand, '--networkid', String(chainId)], { stdio: 'ignore' });
    try {
      for (const { folder } of [first, second])
        await until(
          'the plain geth to be shown',
          async () =>
            /127\.0\.0\.1:\d+ \(geth 1\.13\.15 with known holes\)/.test(
              (await network('status', '--data', folder)).stdout,
            ),
          PATIENCE,
        );
    } finally {
      plain.kill('SIGTERM');
      await once(plain, 'exit');
    }
  });
});
