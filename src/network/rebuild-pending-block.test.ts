import { until } from '../base/testing/until.js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import { rebuildPendingBlock } from './rebuild-pending-block.js';

/** A node whose blocks come each second, and whose pool has more than its next block. */
function fakeNode({ pending = 3, taken = 1, fill = 0 } = {}) {
  const node = {
    asked: [] as string[],
    isMining: true,
    /** As geth's: a stop takes effect after the answer. */
    stopMs: 0,
    failures: new Map<string, number>(),
    count: (method: string): number => node.asked.filter((one) => one === method).length,
    ipc: async (method: string, at?: unknown): Promise<unknown> => {
      node.asked.push(method);
      const failures = node.failures.get(method) ?? 0;
      node.failures.set(method, failures - 1);
      if (failures > 0) throw new LedgerError('unavailable', 'Nothing for 30000 ms.', { retryable: true });
      if (method === 'eth_mining') return node.isMining;
      if (method === 'txpool_status') return { pending: `0x${pending.toString(16)}`, queued: '0x0' };
      if (method === 'eth_getBlockTransactionCountByNumber') return `0x${taken.toString(16)}`;
      if (method === 'eth_getHeaderByNumber' && at === 'pending') return { gasUsed: quantity(fill), gasLimit: '0x3e8' };
      if (method === 'eth_getHeaderByNumber') return { timestamp: quantity(Math.floor(Date.now() / 1000)) };
      if (method === 'miner_stop') setTimeout(() => (node.isMining = false), node.stopMs);
      if (method === 'miner_start') node.isMining = true;
      return null;
    },
  };
  return node;
}

const quantity = (value: number): string => `0x${value.toString(16)}`;

let closing = new AbortController();
const watch = (node: ReturnType<typeof fakeNode>, periodSeconds = 1): Promise<void> =>
  rebuildPendingBlock(node.ipc, { periodSeconds, signal: (closing = new AbortController()).signal });
afterEach(() => closing.abort());

describe('takeLateTransactions', () => {
  it.each([
    ['nothing came since the block was begun', { pending: 3, taken: 3 }, 2, 0],
    ['one came', { pending: 4, taken: 3 }, 2, 2],
    ['one came, and the block is a quarter full', { fill: 250 }, 2, 2],
    ['one came, and the block is fuller than a quarter: not shortly before it is due', { fill: 251 }, 2, 1],
    ['one came, and the block is half full: not shortly before it is due', { fill: 500 }, 2, 1],
    ['one came, and the block is fuller than half', { fill: 501 }, 2, 0],
  ])('builds a block again when it is worth it: %s', async (_name, pool, looks, builds) => {
    const node = fakeNode(pool);
    // From the first look at a block on.
    await until('the beginning of a second', () => Date.now() % 1000 < 100);
    const ended = watch(node);
    await until('the looks at the pool', () => node.count('txpool_status') === looks);
    // What this look leads to is still done.
    closing.abort();
    await ended;
    expect([node.count('miner_stop'), node.count('miner_start'), node.isMining]).toEqual([builds, builds, true]);
  });

  it('starts the miner no sooner than it stands', async () => {
    const node = fakeNode();
    node.stopMs = 30;
    void watch(node);
    await until('the miner to be started', () => node.count('miner_start') === 1);
    await sleep(node.stopMs * 2);
    expect(node.isMining).toBe(true);
  });

  it('starts the miner that it stopped, also when the node does not answer in between', async () => {
    const node = fakeNode();
    node.failures.set('miner_start', 1);
    void watch(node);
    await until('the miner to be started again', () => node.count('miner_start') === 2);
    await until('the node to mine', () => node.isMining);
  });

  it('leaves a miner alone that somebody else stopped', async () => {
    const node = fakeNode();
    node.isMining = false;
    void watch(node);
    await until('a third look at the pool', () => node.count('txpool_status') === 3);
    expect([node.count('miner_stop'), node.count('miner_start')]).toEqual([0, 0]);
  });

  it('asks nothing where blocks are made on demand', async () => {
    const node = fakeNode();
    await watch(node, 0);
    expect(node.asked).toEqual([]);
  });

  it('goes on when the node was away, and ends by the signal', async () => {
    const node = fakeNode();
    node.failures.set('eth_getHeaderByNumber', 1);
    const ended = watch(node);
    await until('the miner to be started', () => node.count('miner_start') === 1);
    closing.abort();
    await ended;
  });
});
