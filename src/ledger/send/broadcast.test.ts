import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import { openOutbox } from './outbox.js';
import { eagerHeads, eventually, fakeNode, nodesOf, type FakeNode } from '../testing/send-bed.js';
import type { Sent } from './nonce-queue.js';
import { openSender, type Sender, type SenderOptions } from './sender.js';

const privateKey = randomBytes(32);

describe('Sending to several nodes', () => {
  let folder: string;
  let a: FakeNode;
  let b: FakeNode;
  let sender: Sender | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'send-'));
    [a, b] = [fakeNode('a'), fakeNode('b')];
    sender = undefined;
  });
  afterEach(async () => {
    await sender?.close();
    await rm(folder, { recursive: true });
  });

  async function open(options: Partial<SenderOptions> = {}): Promise<Sender> {
    const dependencies = {
      nodes: nodesOf([a, b]),
      heads: eagerHeads,
      outbox: await openOutbox(folder),
      log: silentLog,
    };
    const chain = { chainId: 1n, gasPrice: 1n, nonce: 0, finalDepth: 1, stallMs: 60_000, windowBytes: 1_000_000 };
    sender = await openSender(dependencies, { privateKey, ...chain, ...options });
    return sender;
  }

  const send = (count: number): Promise<Sent[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        sender!.send({ byteCount: 100, urgent: false, bytesLeft: 100 }, async () => ({
          to: `0x${'ab'.repeat(20)}`,
          data: randomBytes(100),
          gas: 1e6,
        })),
      ),
    );
  const has = (node: FakeNode, ...nonces: number[]): Promise<void> =>
    eventually(() => nonces.every((nonce) => node.pool.has(nonce)));
  const onDisk = async (): Promise<string[]> => readdir(folder);

  it('gives every node every transaction', async () => {
    await open();
    await send(3);
    await has(a, 0, 1, 2);
    await has(b, 0, 1, 2);
  });

  it('goes on with one when the other is dead, and gives that all when it comes back', async () => {
    a.isDown = true;
    await open({ finalDepth: 5 });
    const sent = await send(2);
    await has(b, 0, 1);
    b.mine(2);
    await sent[1]!.mined;
    expect(sender!.alarms).toEqual([]);
    await send(1);
    await has(b, 2);
    expect(a.asked).toEqual([]);
    a.restart();
    await has(a, 0, 1, 2);
    expect(a.asked[0]).toBe(0);
  });

  it('goes on with one when the other hangs', async () => {
    a.hangs = true;
    await open();
    const sent = await send(2);
    await has(b, 0, 1);
    b.mine(2);
    await sent[1]!.mined;
    await eventually(async () => (await onDisk()).length === 0);
  });

  it('gives a node that was restarted everything from its lowest missing nonce', async () => {
    await open();
    await send(4);
    await has(a, 0, 1, 2, 3);
    for (const node of [a, b]) node.mine(2);
    await eventually(() => sender!.pendingTransactions === 2);
    a.isDown = true;
    await send(1);
    await has(b, 4);
    a.asked = [];
    a.restart();
    await has(a, 2, 3, 4);
    expect(a.asked).not.toContain(1);
  });

  it('gives a node without progress everything again, though it never failed', async () => {
    await open({ stallMs: 100 });
    await send(2);
    await has(a, 0, 1);
    a.restart();
    await has(a, 0, 1);
  });

  it('gives a node everything again after a few blocks without any of it', async () => {
    await open();
    await send(2);
    await has(a, 0, 1);
    a.pool.clear();
    for (let i = 0; i < 3; i++) a.mine(0);
    const looks = b.asked.length;
    await send(1);
    await eventually(() => b.asked.length > looks);
    expect(a.pool.has(0)).toBe(false);
    a.mine(0);
    await has(a, 0, 1, 2);
  });

  it('is not held up by a full pool while the other node takes', async () => {
    a.refusesAll = 'transaction underpriced';
    await open();
    const sent = await send(3);
    await has(b, 0, 1, 2);
    await eventually(() => a.asked.filter((nonce) => nonce === 0).length > 3);
    expect(sender!.windowBytes).toBe(1_000_000);
    expect(sender!.alarms).toEqual([]);
    b.mine(3);
    await sent[2]!.mined;
    a.refusesAll = undefined;
    await has(a, 0, 1, 2);
  });

  it('raises no alarm for what one node refuses and the other takes', async () => {
    a.refusesAll = 'exceeds block gas limit';
    await open();
    await send(2);
    await has(b, 0, 1);
    await eventually(() => a.asked.length > 1);
    expect(sender!.alarms).toEqual([]);
    b.refusesAll = 'exceeds block gas limit';
    await send(1);
    await eventually(() => sender!.alarms.length > 0);
  });

  it('believes the farthest node, and forgets nothing before a second has it for good', async () => {
    await open({ finalDepth: 2 });
    const sent = await send(2);
    await has(a, 0, 1);
    b.mine(1);
    b.mine(2);
    b.mine(2);
    await sent[1]!.mined;
    // Many looks later: the other node has none of it.
    const looks = a.asked.length;
    await send(1);
    await eventually(() => a.asked.length > looks);
    expect(await onDisk()).toHaveLength(3);
    a.mine(1);
    a.mine(2);
    await eventually(async () => (await onDisk()).length === 2);
    a.mine(2);
    await eventually(async () => (await onDisk()).length === 1);
  });

  it('does not believe a node of another chain, however far that is', async () => {
    a.chainId = 2;
    for (let i = 0; i < 9; i++) a.mine(7);
    await open({ finalDepth: 2 });
    const sent = await send(1);
    expect(sent[0]!.nonce).toBe(0);
    await has(b, 0);
    b.mine(1);
    await sent[0]!.mined;
    b.mine(1);
    await eventually(async () => (await onDisk()).length === 0);
    const [next] = await send(1);
    expect(next!.nonce).toBe(1);
  });

  it('forgets what the only node that can be reached has for good', async () => {
    a.isDown = true;
    await open({ finalDepth: 2 });
    await send(1);
    await has(b, 0);
    b.mine(1);
    b.mine(1);
    await eventually(async () => (await onDisk()).length === 0);
  });

  it('sends again what the farthest node has not, when a fork wins that another site was on', async () => {
    await open({ finalDepth: 9 });
    await send(2);
    await has(b, 0, 1);
    a.mine(2);
    await eventually(() => sender!.pendingTransactions === 0);
    b.mine(0);
    b.mine(1);
    await eventually(() => sender!.pendingTransactions === 1);
    a.asked = [];
    a.undo(1);
    a.mine(0);
    a.mine(1);
    await eventually(() => a.asked.length > 0);
    expect(a.asked).toEqual([1]);
  });
});
