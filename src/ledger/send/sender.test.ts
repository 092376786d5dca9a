import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import type { Hex } from '../ethereum/hex.js';
import { openOutbox, type Outbox } from './outbox.js';
import { eagerHeads, eventually, fakeNode, nodesOf, signedWith, type FakeNode } from '../testing/send-bed.js';
import { openSender, type Sender, type SenderOptions } from './sender.js';
import type { Sent } from './nonce-queue.js';

const to: Hex = `0x${'ab'.repeat(20)}`;
const privateKey = randomBytes(32);

describe('openSender', () => {
  let folder: string;
  let node: FakeNode;
  let senders: Sender[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'send-'));
    node = fakeNode('one');
    senders = [];
  });
  afterEach(async () => {
    await Promise.all(senders.map((sender) => sender.close()));
    await rm(folder, { recursive: true });
  });

  async function open(options: Partial<SenderOptions> = {}, nodes = [node], outbox?: Outbox): Promise<Sender> {
    outbox ??= await openOutbox(folder);
    const dependencies = { nodes: nodesOf(nodes), heads: eagerHeads, outbox, log: silentLog };
    const chain = { chainId: 1n, gasPrice: 1n, nonce: 0, finalDepth: 1, stallMs: 60_000 };
    const sender = await openSender(dependencies, { privateKey, windowBytes: 1_000_000, ...chain, ...options });
    senders.push(sender);
    return sender;
  }

  const send = (sender: Sender, byteCount = 100): Promise<Sent> =>
    sender.send({ byteCount, urgent: false, bytesLeft: byteCount }, async () => ({
      to,
      data: Buffer.alloc(byteCount),
      gas: 1e6,
    }));

  const taken = (...nonces: number[]): Promise<void> =>
    eventually(() => nonces.every((nonce) => node.asked.includes(nonce)));
  const onDisk = async (): Promise<number[]> => (await readdir(folder)).map((name) => Number.parseInt(name, 10));

  it('numbers transactions from the nonce of the account, and sends what is on disk only', async () => {
    node.mine(7);
    const sender = await open({ nonce: 7 });
    const [first, second] = [await send(sender), await send(sender)];
    await Promise.all([first.saved, second.saved]);
    expect(await readdir(folder)).toEqual(['000000000007.raw', '000000000008.raw']);
    await taken(7, 8);
  });

  it('tells when a block has a transaction, and keeps it on disk until nothing can undo that', async () => {
    const sender = await open({ finalDepth: 3 });
    const { mined } = await send(sender);
    await taken(0);
    node.mine(1);
    await mined;
    expect(sender.pendingTransactions).toBe(0);
    node.mine(1);
    // Several looks later it is still there.
    for (let asked = 0; asked < 5; asked++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await onDisk()).toEqual([0]);
    node.mine(1);
    await eventually(async () => (await onDisk()).length === 0);
  });

  it('holds back what is beyond the window until a block has made room', async () => {
    const sender = await open({ windowBytes: 300_000 });
    await send(sender, 120_000);
    await send(sender, 120_000);
    let isThrough = false;
    const third = send(sender, 120_000).then(() => (isThrough = true));
    await taken(0, 1);
    expect(isThrough).toBe(false);
    node.mine(1);
    await third;
  });

  it('counts small transactions as pools do, so that many of them fill none', async () => {
    const sender = await open({ windowBytes: 10 * 32 * 1024 });
    let through = 0;
    for (let i = 0; i < 11; i++)
      void send(sender, 100).then(
        () => through++,
        () => undefined,
      );
    await taken(0, 9);
    expect(through).toBe(10);
  });

  it('halts less and less at a full pool: the window shrinks, and grows again with each block', async () => {
    node.refusesAll = 'transaction underpriced';
    const sender = await open({ windowBytes: 2_000_000 });
    await Promise.all([send(sender), send(sender)]);
    await eventually(() => sender.windowBytes < 2_000_000);
    const shrunk = sender.windowBytes;
    expect(shrunk).toBeGreaterThan(1_000_000);
    node.refusesAll = undefined;
    await eventually(() => node.pool.has(1));
    node.mine(1);
    node.mine(2);
    await eventually(() => sender.pendingTransactions === 0);
    await send(sender);
    node.mine(3);
    await eventually(() => sender.windowBytes > shrunk);
    expect(sender.alarms).toEqual([]);
  });

  it('shares the window with the other sites that write', async () => {
    const sender = await open({ windowBytes: 3_000_000 });
    sender.shareAmong(3);
    expect(sender.windowBytes).toBe(1_000_000);
    sender.shareAmong(100);
    expect(sender.windowBytes).toBe(256 * 1024);
    sender.shareAmong(1);
    await send(sender);
    node.mine(1);
    await eventually(() => sender.windowBytes > 256 * 1024);
  });

  it('sends again from the first that a full pool did not take', async () => {
    node.refusals.set(1, ['transaction underpriced', 'txpool is full']);
    const sender = await open();
    await Promise.all([send(sender), send(sender), send(sender)]);
    await eventually(() => node.pool.has(1) && node.pool.has(2));
    expect(node.asked.filter((nonce) => nonce === 1)).toHaveLength(3);
    expect(sender.alarms).toEqual([]);
  });

  it.each(['already known', 'nonce too low', 'replacement transaction underpriced'])(
    'takes "%s" for taken',
    async (message) => {
      node.refusals.set(0, [message]);
      const sender = await open();
      await send(sender);
      await taken(0);
      await send(sender);
      await taken(1);
      expect(node.asked).toEqual([0, 1]);
    },
  );

  it('raises an alarm while the chain refuses for a reason that needs a person', async () => {
    node.refusals.set(0, ['insufficient funds for gas * price + value']);
    const sender = await open();
    await send(sender);
    await eventually(() => sender.alarms.length > 0);
    expect(sender.alarms).toMatchObject([{ code: 'not-taken', sentence: expect.stringMatching('insufficient funds') }]);
    await eventually(() => sender.alarms.length === 0);
  });

  it('sends again what a reorganisation has taken out of the chain', async () => {
    const sender = await open({ finalDepth: 5 });
    await Promise.all([send(sender), send(sender)]);
    await taken(0, 1);
    node.mine(1);
    node.mine(2);
    await eventually(() => sender.pendingTransactions === 0);
    node.asked = [];
    node.undo(1);
    await taken(1);
    expect(node.asked).toEqual([1]);
    expect(sender.pendingTransactions).toBe(1);
    expect(sender.pendingBytes).toBeGreaterThan(100);
  });

  it('fills nonces that a deep reorganisation has emptied, when the chain does not fill them itself', async () => {
    const sender = await open({ stallMs: 200 });
    await Promise.all([send(sender), send(sender)]);
    await taken(0, 1);
    node.mine(2);
    await eventually(async () => (await onDisk()).length === 0);
    node.undo(1);
    node.restart();
    const { mined } = await send(sender);
    await eventually(() => node.pool.has(0) && node.pool.has(1) && node.pool.has(2));
    node.mine(3);
    await mined;
  });

  it('numbers on after what something else has sent with the same key', async () => {
    const sender = await open();
    await send(sender);
    node.mine(5);
    await eventually(() => sender.pendingTransactions === 0);
    expect((await send(sender)).nonce).toBe(5);
  });

  it('raises an alarm when the chain has what it has not signed, and none for what was before its start', async () => {
    const sender = await open({ nonce: 3 });
    await (
      await send(sender)
    ).saved;
    sender.seen({ before: 5, latest: 5 });
    expect(sender.alarms).toEqual([]);
    sender.seen({ before: 5, latest: 6 });
    expect(sender.alarms).toMatchObject([{ code: 'key-shared', sentence: expect.stringContaining(sender.account) }]);
  });

  it('tells whoever waits for a transaction when something else has taken its nonce before it was on disk', async () => {
    const outbox = await openOutbox(folder);
    let goOn = (): void => undefined;
    const halted = new Promise<void>((resolve) => (goOn = resolve));
    const put = async (group: Parameters<typeof outbox.put>[0]): Promise<void> => {
      await halted;
      await outbox.put(group);
    };
    const sender = await open({}, [node], { ...outbox, put });
    node.mine(1);
    const { saved, mined } = await send(sender);
    await mined;
    goOn();
    await expect(saved).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    const next = await send(sender);
    expect(next.nonce).toBe(1);
    await next.saved;
    expect(await onDisk()).toEqual([1]);
  });

  it('sends again at the next start what was not in a block, and numbers on after it', async () => {
    node.mine(3);
    const first = await open({ nonce: 3 });
    for (let i = 0; i < 3; i++) await (await send(first)).saved;
    await first.close();
    node.mine(4);
    node.asked = [];
    node.restart();
    const second = await open({ nonce: 4, finalDepth: 9 });
    await taken(4, 5);
    await (
      await send(second)
    ).saved;
    expect(await onDisk()).toEqual([3, 4, 5, 6]);
    node.mine(6);
    await second.recovered;
  });

  it('keeps what is in the outbox when the only node at the start is behind', async () => {
    await (await openOutbox(folder)).put([5, 6].map((nonce) => ({ nonce, raw: signedWith(privateKey, nonce) })));
    const sender = await open({ nonce: 2 });
    expect(sender.pendingTransactions).toBe(2);
    expect((await send(sender)).nonce).toBe(7);
    node.mine(5);
    await taken(5, 6, 7);
    expect(node.asked[0]).toBe(5);
  });

  it('forgets what lies beyond a gap, which was never sent', async () => {
    await (await openOutbox(folder)).put([0, 2].map((nonce) => ({ nonce, raw: signedWith(privateKey, nonce) })));
    const sender = await open();
    expect(sender.pendingTransactions).toBe(1);
    expect(await onDisk()).toEqual([0]);
  });

  it('rejects what is not in a block when it is closed', async () => {
    const sender = await open();
    const { mined } = await send(sender);
    await sender.close();
    await expect(mined).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('closes though its node hangs', async () => {
    const sender = await open();
    node.hangs = true;
    await (
      await send(sender)
    ).saved;
    await sender.close();
    expect(await onDisk()).toEqual([0]);
  });

  it('gives the room back when a call cannot be built', async () => {
    const sender = await open({ windowBytes: 40_000 });
    const request = { byteCount: 30_000, urgent: false, bytesLeft: 30_000 };
    await expect(sender.send(request, () => Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable');
    await send(sender, 30_000);
    await taken(0);
  });
});
