import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import { openOutbox } from './outbox.js';
import { eagerHeads, eventually, fakeNode, nodesOf, signedWith, type FakeNode } from '../testing/send-bed.js';
import { sendFormerAccounts } from './former-accounts.js';
import { accountOf } from '../keys/sign.js';

const [formerKey, key] = [randomBytes(32), randomBytes(32)];
const [former, account] = [accountOf(formerKey), accountOf(key)];

describe('sendLeftovers', () => {
  let outboxFolder: string;
  let node: FakeNode;
  let stopping: AbortController;
  beforeEach(async () => {
    outboxFolder = await mkdtemp(path.join(os.tmpdir(), 'outbox-'));
    node = fakeNode('one');
    node.chainId = 7;
    stopping = new AbortController();
    for (const name of [`7-${account}`, `8-${former}`, 'notes'])
      await mkdir(path.join(outboxFolder, name), { recursive: true });
    const outbox = await openOutbox(path.join(outboxFolder, `7-${former}`));
    await outbox.put([0, 1].map((nonce) => ({ nonce, raw: signedWith(formerKey, nonce) })));
  });
  afterEach(() => rm(outboxFolder, { recursive: true }));

  const start = (): Promise<void> =>
    sendFormerAccounts(
      { nodes: nodesOf([node]), heads: eagerHeads, log: silentLog },
      { outboxFolder, chainId: 7n, account, finalDepth: 2, stallMs: 60_000, signal: stopping.signal },
    );

  it('sends what a former account has left, and removes its folder when that is in blocks for good', async () => {
    const ended = start();
    await eventually(() => node.pool.has(1));
    node.mine(2);
    expect(await readdir(outboxFolder)).toContain(`7-${former}`);
    node.mine(2);
    await ended;
    expect((await readdir(outboxFolder)).sort()).toEqual([`7-${account}`, `8-${former}`, 'notes'].sort());
  });

  it('sends no more when all was in blocks already', async () => {
    node.mine(2);
    node.mine(2);
    await start();
    expect(node.asked).toEqual([]);
    expect(await readdir(outboxFolder)).not.toContain(`7-${former}`);
  });

  it('keeps the rest for the next start when it is stopped', async () => {
    const ended = start();
    await eventually(() => node.pool.has(1));
    stopping.abort();
    await ended;
    expect(await readdir(path.join(outboxFolder, `7-${former}`))).toHaveLength(2);
  });
});
