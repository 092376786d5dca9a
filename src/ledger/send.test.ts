import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Transaction } from 'ethers';
import { silentLog } from '../log.js';
import type { Hex } from './ledger.js';
import { openOutbox } from './outbox.js';
import { createRpc } from './rpc.js';
import { openSender, type Sender, type Sent } from './send.js';

const to: Hex = `0x${'ab'.repeat(20)}`;
const privateKey = randomBytes(32);

describe('openSender', () => {
  let folder: string;
  /** Nonces in the order in which the node was asked to take them. */
  let asked: number[];
  /** Answers of the node by nonce, the next one first; nothing = taken. */
  let refusals: Map<number, string[]>;
  let senders: Sender[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'send-'));
    asked = [];
    refusals = new Map();
    senders = [];
  });
  afterEach(async () => {
    await Promise.all(senders.map((sender) => sender.close()));
    await rm(folder, { recursive: true });
  });

  async function open(nonce = 0): Promise<Sender> {
    const provider = {
      request: async ({ params }: { params?: readonly unknown[] }) => {
        const nonce = Transaction.from(params![0] as string).nonce;
        asked.push(nonce);
        const message = refusals.get(nonce)?.shift();
        if (message !== undefined) throw Object.assign(new Error(message), { code: -32000 });
      },
    };
    const deps = { rpc: createRpc(provider), outbox: await openOutbox(folder), log: silentLog };
    const options = { privateKey, chainId: 1n, gasPrice: 1n, windowBytes: 10_000, nonce };
    const sender = await openSender(deps, options);
    senders.push(sender);
    return sender;
  }

  const send = (sender: Sender, byteCount = 100): Promise<Sent> =>
    sender.send({ byteCount, urgent: false, bytesLeft: byteCount }, async () => ({
      to,
      data: Buffer.alloc(byteCount),
      gas: 1e6,
    }));

  const taken = (nonces: number[]): Promise<void> => eventually(() => nonces.every((nonce) => asked.includes(nonce)));

  it('numbers transactions from the nonce of the account, and sends what is on disk only', async () => {
    const sender = await open(7);
    const [first, second] = [await send(sender), await send(sender)];
    await Promise.all([first.saved, second.saved]);
    expect(await readdir(folder)).toEqual(['000000000007.raw', '000000000008.raw']);
    await taken([7, 8]);
  });

  it('tells when a block has a transaction, and keeps it on disk until nothing can undo that', async () => {
    const sender = await open();
    const { saved, mined } = await send(sender);
    await saved;
    await sender.confirmed({ latest: 1, final: 0 });
    await mined;
    expect(sender.pendingTransactions).toBe(0);
    expect(await readdir(folder)).toHaveLength(1);
    await sender.confirmed({ latest: 1, final: 1 });
    expect(await readdir(folder)).toEqual([]);
    expect(sender.isWaiting).toBe(false);
  });

  it('holds back what is beyond the window until a block has made room', async () => {
    const sender = await open();
    await send(sender, 6_000);
    let isThrough = false;
    const second = send(sender, 6_000).then(() => (isThrough = true));
    await taken([0]);
    expect(isThrough).toBe(false);
    await sender.confirmed({ latest: 1, final: 1 });
    await second;
  });

  it('sends again from the first that a full pool did not take', async () => {
    refusals.set(1, ['transaction underpriced', 'txpool is full']);
    const sender = await open();
    await Promise.all([send(sender), send(sender), send(sender)]);
    await eventually(() => asked.filter((nonce) => nonce === 1).length === 3);
    expect(sender.alarm).toBeUndefined();
  });

  it.each(['already known', 'nonce too low', 'replacement transaction underpriced'])(
    'takes "%s" for taken',
    async (message) => {
      refusals.set(0, [message]);
      const sender = await open();
      await send(sender);
      await taken([0]);
      await send(sender);
      await taken([1]);
      expect(asked).toEqual([0, 1]);
    },
  );

  it('raises an alarm while the chain refuses for a reason that needs a person', async () => {
    refusals.set(0, ['insufficient funds for gas * price + value']);
    const sender = await open();
    await send(sender);
    await eventually(() => sender.alarm?.includes('insufficient funds') === true);
    await eventually(() => sender.alarm === undefined);
  });

  it('sends again what a reorganisation has taken out of the chain', async () => {
    const sender = await open();
    await Promise.all([send(sender), send(sender)]);
    await taken([0, 1]);
    await sender.confirmed({ latest: 2, final: 0 });
    asked = [];
    await sender.confirmed({ latest: 1, final: 0 });
    await taken([1]);
    expect(asked).toEqual([1]);
    expect(sender.pendingTransactions).toBe(1);
  });

  it('sends again at the next start what was not in a block, and numbers on after it', async () => {
    const first = await open(3);
    for (let i = 0; i < 3; i++) await (await send(first)).saved;
    await first.close();
    asked = [];
    const second = await open(4);
    await taken([4, 5]);
    await (
      await send(second)
    ).saved;
    expect(await readdir(folder)).toEqual([3, 4, 5, 6].map((nonce) => `00000000000${nonce}.raw`));
    await second.confirmed({ latest: 6, final: 6 });
    await second.recovered;
  });

  it('forgets what lies beyond a gap, which was never sent', async () => {
    await (await openOutbox(folder)).put([{ nonce: 1, raw: randomBytes(10) }]);
    const sender = await open(0);
    expect(sender.pendingTransactions).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('rejects what is not in a block when it is closed', async () => {
    const sender = await open();
    const { mined } = await send(sender);
    await sender.close();
    await expect(mined).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('gives the room back when a call cannot be built', async () => {
    const sender = await open();
    const request = { byteCount: 9_000, urgent: false, bytesLeft: 9_000 };
    await expect(sender.send(request, () => Promise.reject(new Error('unreadable')))).rejects.toThrow('unreadable');
    await send(sender, 9_000);
    await taken([0]);
  });
});

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
