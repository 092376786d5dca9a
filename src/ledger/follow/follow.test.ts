import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { blocksOf, follow } from './follow.js';
import { watchHeads } from '../nodes/heads.js';
import { quantity, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import type { ChainStep } from '../ledger.js';
import { imageLedgerInterface } from '../contract/revert-errors.js';
import { openNodes } from '../nodes/open-nodes.js';
import { createDecodeEvent } from '../contract/events.js';

const contract: Hex = `0x${'c0'.repeat(20)}`;
const key = (n: bigint): Hex => toHex(keccak256(Buffer.from(String(n))));

/** A chain in memory whose blocks can be replaced. Every tenth block has an event. */
function fakeChain(height: number): {
  provider: { request(call: { method: string; params?: readonly unknown[] }): Promise<unknown> };
  hash(number: bigint): Hex;
  /** Replaces all blocks from that number on. */
  reorganise(from: bigint, height: number): void;
  failures: number;
  calls: string[];
  head: bigint;
  lowest: bigint;
  bloom: Hex | undefined;
  /** So often it gives no events where it has some. */
  hiddenLogs: number;
  onCall: () => void;
} {
  const branches: { from: bigint; name: string }[] = [{ from: 0n, name: 'a' }];
  const branchAt = (number: bigint): string => branches.findLast(({ from }) => from <= number)!.name;
  const chain = {
    failures: 0,
    calls: [] as string[],
    head: BigInt(height),
    lowest: 0n,
    bloom: undefined as Hex | undefined,
    hiddenLogs: 0,
    onCall: (): void => undefined,
    hash: (number: bigint): Hex => key(BigInt(`0x${Buffer.from(`${branchAt(number)}${number}`).toString('hex')}`)),
    reorganise: (from: bigint, newHeight: number): void => {
      branches.push({ from, name: `b${branches.length}` });
      chain.head = BigInt(newHeight);
    },
    provider: {
      request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> => {
        chain.calls.push(method);
        chain.onCall();
        if (chain.failures > 0 && chain.failures-- > 0) throw new Error('no connection');
        if (method === 'eth_blockNumber') return quantity(chain.head);
        if (method === 'eth_getBlockByNumber')
          return block(params[0] === 'latest' ? chain.head : BigInt(params[0] as string));
        if (method === 'eth_getLogs') return logs(params[0] as Record<string, Hex>);
        throw new Error(method);
      },
    },
  };

  function block(number: bigint): unknown {
    if (number > chain.head || number < chain.lowest) return null;
    const parentHash = number === 0n ? `0x${'00'.repeat(32)}` : chain.hash(number - 1n);
    return {
      number: quantity(number),
      hash: chain.hash(number),
      parentHash,
      timestamp: quantity(number * 2n),
      gasLimit: '0x1',
      logsBloom: number % 10n === 0n ? chain.bloom : `0x${'00'.repeat(256)}`,
    };
  }

  function logs(filter: Record<string, Hex>): unknown[] {
    const all = Array.from({ length: Number(chain.head) + 1 }, (_, i) => BigInt(i)).filter(
      (number) => number % 10n === 0n,
    );
    const wanted = filter.blockHash
      ? all.filter((number) => chain.hash(number) === filter.blockHash)
      : all.filter((number) => number >= BigInt(filter.fromBlock!) && number <= BigInt(filter.toBlock!));
    if (filter.blockHash && wanted.length > 0 && chain.hiddenLogs-- > 0) return [];
    return wanted.flatMap((number) => [log(number, 1), log(number, 0)]);
  }

  function log(number: bigint, logIndex: number): unknown {
    const { topics, data } = imageLedgerInterface.encodeEventLog('Withdrawn', [key(number), 3, contract]);
    return {
      address: contract,
      topics,
      data,
      blockNumber: quantity(number),
      blockHash: chain.hash(number),
      logIndex: quantity(logIndex),
    };
  }
  return chain;
}

/** Follows as a catalogue does, until `count` steps or `until` is reached. */
async function walk(
  chain: ReturnType<typeof fakeChain>,
  isEnough: (step: ChainStep, applied: Map<bigint, Hex>) => boolean,
  after?: BlockRef,
  ...others: ReturnType<typeof fakeChain>[]
): Promise<ChainStep[]> {
  const providers = [chain, ...others].map(({ provider }, i) => ({ name: `fake-${i}`, provider }));
  const nodes = openNodes({ providers, log: silentLog });
  const heads = await watchHeads({ nodes, log: silentLog }, { pollMs: 1 });
  const applied = new Map<bigint, Hex>();
  if (after) applied.set(after.number, after.hash);
  const steps: ChainStep[] = [];
  const options = { after, hashAt: (number: bigint) => applied.get(number), signal: new AbortController().signal };
  for await (const step of follow(
    { nodes, heads, contracts: [contract], decodeEvent: createDecodeEvent(), log: silentLog },
    options,
  )) {
    steps.push(step);
    if (step.kind === 'rollback')
      for (const number of applied.keys()) if (number > step.to.number) applied.delete(number);
    for (const { block } of blocksOf(step)) applied.set(block.number, block.hash);
    if (isEnough(step, applied)) break;
  }
  heads.close();
  return steps;
}

const isAt = (number: bigint) => (step: ChainStep) => blocksOf(step).some(({ block }) => block.number === number);
const eventsOf = (steps: ChainStep[]): string[] =>
  steps
    .flatMap(blocksOf)
    .flatMap(({ events }) => events.map(({ position: { blockNumber, logIndex } }) => `${blockNumber}/${logIndex}`));

describe('follow', () => {
  it('gives each block near the head with its parent, time and events in order', async () => {
    const chain = fakeChain(20);
    const steps = await walk(chain, isAt(20n));
    expect(steps).toHaveLength(21);
    expect(steps[10]).toMatchObject({
      block: { number: 10n, hash: chain.hash(10n) },
      parentHash: chain.hash(9n),
      timestamp: 20n,
    });
    expect(eventsOf(steps)).toEqual(['0/0', '0/1', '10/0', '10/1', '20/0', '20/1']);
    expect(steps[10]).toMatchObject({
      events: [{ kind: 'withdrawn', siteId: 3, imageId: key(10n), by: contract }, {}],
    });
  });

  it('reads far behind the head by ranges and misses nothing', async () => {
    const chain = fakeChain(5_003);
    const steps = await walk(chain, isAt(5_003n));
    expect(eventsOf(steps)).toHaveLength(2 * 501);
    expect(chain.calls.filter((method) => method === 'eth_getLogs').length).toBeLessThan(100);
    const numbers = steps.map((step) => (step.kind === 'block' ? step.block.number : -1n));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => Number(a - b)));
  });

  it('goes on after the block that was applied last', async () => {
    const chain = fakeChain(12);
    const steps = await walk(chain, isAt(12n), { number: 9n, hash: chain.hash(9n) });
    expect(eventsOf(steps)).toEqual(['10/0', '10/1']);
  });

  it('goes back to the common ancestor when blocks are replaced, also by a shorter chain', async () => {
    for (const newHeight of [25, 18, 30]) {
      const chain = fakeChain(20);
      let reorganised = false;
      const steps = await walk(chain, (step, applied) => {
        if (isAt(20n)(step) && !reorganised) {
          reorganised = true;
          chain.reorganise(16n, newHeight);
        }
        return reorganised && applied.get(BigInt(newHeight)) === chain.hash(BigInt(newHeight));
      });
      const [back, ...others] = steps.filter((step) => step.kind === 'rollback');
      expect(others).toEqual([]);
      expect(back!.to).toEqual({ number: 15n, hash: chain.hash(15n) });
      // In one step with the blocks that replace those up to the same height.
      const replaced = Array.from({ length: Math.min(newHeight, 20) - 15 }, (_, i) => BigInt(16 + i));
      expect(back!.blocks.map(({ block }) => block)).toEqual(
        replaced.map((number) => ({ number, hash: chain.hash(number) })),
      );
    }
  });

  it('goes back to block 0 when nothing that is remembered is on the chain', async () => {
    const chain = fakeChain(12);
    const [step] = await walk(chain, () => true, { number: 9n, hash: key(1n) });
    expect(step).toMatchObject({ kind: 'rollback', to: { number: 0n, hash: chain.hash(0n) } });
  });

  it('goes on when the node fails for a while', async () => {
    const chain = fakeChain(3);
    chain.failures = 2;
    expect(await walk(chain, isAt(3n))).toHaveLength(4);
  });

  it('waits for a node that is behind, and goes on without going back', async () => {
    const chain = fakeChain(20);
    let polls = 0;
    const steps = await walk(chain, (step) => {
      if (isAt(20n)(step)) {
        // As after a failover to a node that is still at block 12.
        chain.head = 12n;
        chain.onCall = () => {
          if (++polls === 20) chain.head = 22n;
        };
      }
      return isAt(22n)(step);
    });
    expect(steps.filter(({ kind }) => kind === 'rollback')).toEqual([]);
    expect(steps).toHaveLength(23);
  });

  it('goes back when a node that is behind has another block where one was applied', async () => {
    const chain = fakeChain(20);
    let reorganised = false;
    const steps = await walk(chain, (step) => {
      if (isAt(20n)(step) && !reorganised) {
        reorganised = true;
        chain.reorganise(16n, 16);
      }
      return reorganised && isAt(16n)(step);
    });
    expect(steps.at(-1)).toMatchObject({
      kind: 'rollback',
      to: { number: 15n, hash: chain.hash(15n) },
      blocks: [{ block: { number: 16n, hash: chain.hash(16n) } }],
    });
  });

  it('begins with block 1 where there is no block 0', async () => {
    const chain = fakeChain(3);
    chain.lowest = 1n;
    const steps = await walk(chain, isAt(3n));
    expect(steps.map((step) => step.kind === 'block' && step.block.number)).toEqual([1n, 2n, 3n]);
  });

  it('does not believe that a block has no events when its bloom speaks of them', async () => {
    const chain = fakeChain(12);
    chain.bloom = `0x${'ff'.repeat(256)}`;
    chain.hiddenLogs = 3;
    expect(eventsOf(await walk(chain, isAt(12n)))).toEqual(['0/0', '0/1', '10/0', '10/1']);
  });

  it('asks another node for the events that the bloom speaks of', async () => {
    const [chain, other] = [fakeChain(5), fakeChain(5)];
    chain.bloom = `0x${'ff'.repeat(256)}`;
    chain.hiddenLogs = 1_000;
    expect(eventsOf(await walk(chain, isAt(5n), undefined, other))).toEqual(['0/0', '0/1']);
  });

  it('goes on from another node when the one that it reads from dies, also in the middle of ranges', async () => {
    const [chain, other] = [fakeChain(3_003), fakeChain(3_003)];
    const steps = await walk(
      chain,
      (step) => {
        if (step.kind === 'block' && step.block.number >= 1_500n) chain.failures = 1e9;
        return isAt(3_003n)(step);
      },
      undefined,
      other,
    );
    expect(eventsOf(steps)).toHaveLength(2 * 301);
    const numbers = steps.map((step) => (step.kind === 'block' ? step.block.number : -1n));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => Number(a - b)));
  });

  it('ends when the signal aborts, also while it waits', async () => {
    const chain = fakeChain(0);
    const nodes = openNodes({ providers: [{ name: 'fake', provider: chain.provider }], log: silentLog });
    const heads = await watchHeads({ nodes, log: silentLog }, { pollMs: 1 });
    const ending = new AbortController();
    const options = { after: undefined, hashAt: () => undefined, signal: ending.signal };
    const steps = follow(
      { nodes, heads, contracts: [contract], decodeEvent: createDecodeEvent(), log: silentLog },
      options,
    );
    expect((await steps.next()).value).toMatchObject({ block: { number: 0n } });
    const waiting = steps.next();
    ending.abort();
    expect((await waiting).done).toBe(true);
    heads.close();
  });
});
