import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { workerUrl } from '../../base/worker-url.js';
import type { Hex } from '../ethereum/hex.js';
import * as test from '../testing/embedded-chain.js';

/** A process of its own that sends without end and prints its ID, and the number and hash of each head that it is told of. */
const writer = (folder: string): string => `
  import { writeSync } from 'node:fs';
  const { openEmbeddedChain } = await import('${workerUrl(import.meta.url, './embedded-chain.js').href}');
  const { signTransaction } = await import('${workerUrl(import.meta.url, '../keys/sign.js').href}');
  const key = Buffer.from('${test.privateKey.toString('hex')}', 'hex');
  const to = Buffer.from('${test.account.slice(2)}', 'hex');
  writeSync(1, 'PID ' + process.pid + '\\n');
  const chain = await openEmbeddedChain({ folder: '${folder}', periodMs: 0, genesisAccounts: ['${test.account}'] });
  const rpc = (method, ...params) => chain.request({ method, params });
  chain.on('message', ({ data: { result } }) => writeSync(1, 'HEAD ' + result.number + ' ' + result.hash + '\\n'));
  await rpc('eth_subscribe', 'newHeads');
  let nonce = Number(await rpc('eth_getTransactionCount', '${test.account}', 'latest'));
  for (;; nonce++) {
    const data = Buffer.alloc(3200, Buffer.from(nonce.toString(16).padStart(64, '0'), 'hex'));
    const { raw } = signTransaction({ chainId: ${test.chainId}n, nonce, gasPrice: 1n, gasLimit: 1000000n, to, data }, key);
    await rpc('eth_sendRawTransaction', '0x' + raw.toString('hex'));
  }`;

function nodeArguments(folder: string): string[] {
  const script = `${folder}-writer.mjs`;
  writeFileSync(script, writer(folder));
  return [script];
}

/** Heads of the child until there are `count`, then what it printed before SIGKILL reached it. */
async function killAfterHeads(child: ChildProcess, count: number): Promise<{ number: Hex; hash: Hex }[]> {
  const heads: { number: Hex; hash: Hex }[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, number, hash] = /^HEAD (0x\w+) (0x\w{64})$/.exec(line) ?? [];
    if (hash === undefined) continue; // the last line may be cut off
    heads.push({ number: number as Hex, hash: hash as Hex });
    if (heads.length === count) child.kill('SIGKILL');
  }
  return heads;
}

function kindOf(file: string): 'bodies' | 'index' | undefined {
  return file.endsWith('/bodies') ? 'bodies' : /\/index\/[^/]*\.log$/.test(file) ? 'index' : undefined;
}

describe('the chain on disk', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = test.newFolder();
    folder = path.join(parent, 'chain');
  });
  afterEach(() => test.removeFolder(parent));

  it('goes on after a restart where it ended', async () => {
    const chain = await test.openTestChain(folder);
    const { contractAddress: to } = await test.sendAndWait(chain, { data: test.keeperCreation });
    const sent = await test.sendAndWait(chain, { to: to!, data: test.word(5) });
    await chain.close();
    await expect(chain.request({ method: 'eth_blockNumber' })).rejects.toMatchObject({ code: 4900 });

    const again = await test.openTestChain(folder);
    const rpc = test.rpcOf(again);
    expect(await rpc('eth_call', { to }, 'latest')).toBe(test.word(5));
    expect(await rpc('eth_getBlockByNumber', 'latest', false)).toMatchObject({ hash: sent.blockHash });
    await test.sendAndWait(again, { to: to!, data: test.word(6) });
    expect(await rpc('eth_call', { to }, 'latest')).toBe(test.word(6));
    await again.close();
  });

  it('loses nothing that was told when the process is killed, at any moment', async () => {
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, nodeArguments(folder), { stdio: ['ignore', 'pipe', 'inherit'] });
      const heads = await killAfterHeads(child, 1 + Math.floor(Math.random() * 30));
      const last = heads.at(-1)!;

      const chain = await test.openTestChain(folder);
      const rpc = test.rpcOf(chain);
      for (const { number, hash } of heads)
        expect(await rpc('eth_getBlockByNumber', number, true)).toMatchObject({ number, hash });
      expect(Number(await rpc('eth_blockNumber'))).toBeGreaterThanOrEqual(Number(last.number));
      // The state is the blocks': each transaction has raised the nonce by one.
      let transactions = 0;
      for (let number = Number(await rpc('eth_blockNumber')); number > 0; number--)
        transactions += Number(await rpc('eth_getBlockTransactionCountByNumber', `0x${number.toString(16)}`));
      expect(Number(await rpc('eth_getTransactionCount', test.account, 'latest'))).toBe(transactions);
      await chain.close();
    }
  });

  const hasStrace = spawnSync('strace', ['-V']).status === 0;
  // In CI a missing strace is a failure.
  (hasStrace || process.env['CI'] ? it : it.skip)(
    'syncs transactions, then state and head, before it tells of the block',
    async () => {
      const log = path.join(parent, 'strace.log');
      const traced = ['-f', '-y', '-qq', '-e', 'trace=fdatasync,write', '-e', 'signal=none', '-s', '40', '-o', log];
      const child = spawn('strace', [...traced, process.execPath, ...nodeArguments(folder)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let pid = 0;
      let heads = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.startsWith('PID ')) pid = Number(line.slice(4));
        else if (++heads === 3) process.kill(pid, 'SIGKILL');
      }

      // Each head's line comes after a finished sync of its transactions and, between, one of the index's log.
      const done: ('bodies' | 'index' | 'head')[] = [];
      const unfinished = new Map<string, 'bodies' | 'index'>();
      const kinds = new Map<string, 'bodies' | 'index' | undefined>();
      for (const line of readFileSync(log, 'utf8').split('\n')) {
        const [thread] = line.split(' ', 1) as [string];
        const [, call, descriptor = '', file] = /(\w+)\((\d+)(?:<([^>]*)>)?/.exec(line) ?? [];
        // Now and then strace cannot name the file; then it is that of the descriptor's last line.
        if (file !== undefined) kinds.set(descriptor, kindOf(file));
        const kind = call === 'fdatasync' ? kinds.get(descriptor) : undefined;
        if (kind !== undefined && line.includes('<unfinished')) unfinished.set(thread, kind);
        else if (kind !== undefined) done.push(kind);
        else if (line.includes('fdatasync resumed') && unfinished.has(thread)) {
          done.push(unfinished.get(thread)!);
          unfinished.delete(thread);
        } else if (/write\(1<.*"HEAD /.test(line)) done.push('head');
      }
      const places = (wanted: string): number[] => done.flatMap((kind, place) => (kind === wanted ? [place] : []));
      const told = places('head');
      expect(told.length).toBeGreaterThanOrEqual(3);
      const [, ...indexSyncs] = places('index'); // the first is the genesis block's
      const order = told.map((place, block) => [places('bodies')[block], indexSyncs[block], place]);
      expect({ order, done }).toEqual({ order: order.map((triple) => [...triple].sort((a, b) => a! - b!)), done });
    },
  );

  it('refuses a second process in the folder', async () => {
    const chain = await test.openTestChain(folder);
    await expect(test.openTestChain(folder)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(folder) as unknown,
    });
    await chain.close();
  });
});
