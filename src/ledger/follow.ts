import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';
import { decodeEvent } from './events.js';
import type { Heads } from './heads.js';
import type { BlockRef, ChainStep, FollowOptions, Hex, LedgerEvent } from './ledger.js';
import type { Block, RawLog, Rpc } from './rpc.js';

/** Nodes bound the range of one eth_getLogs; 1,000 blocks is the least of those known. */
const rangeBlocks = 1_000n;
/** So near the head each block is walked by its hash; a reorganisation does not reach deeper. */
const nearBlocks = 64n;
const retryAfterMs = { first: 250, most: 10_000 };

export interface FollowDeps {
  rpc: Rpc;
  heads: Heads;
  contracts: readonly Hex[];
  log: Log;
}

/** Walks the chain from `after`, by parent hash, until the signal aborts; a node that fails is asked again. */
export async function* follow(deps: FollowDeps, options: FollowOptions): AsyncGenerator<ChainStep> {
  const { heads, log } = deps;
  const { signal } = options;
  let cursor = options.after;
  let retryMs = retryAfterMs.first;
  while (!signal.aborted) {
    const seen = heads.count;
    try {
      const steps = await nextSteps(deps, options, cursor);
      retryMs = retryAfterMs.first;
      for (const step of steps) {
        if (signal.aborted) return;
        cursor = step.kind === 'block' ? step.block : step.to;
        yield step;
      }
      if (steps.length === 0) await heads.after(seen, 1_000, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, after: cursor?.number.toString() }, 'The chain could not be read; it is tried again');
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, retryAfterMs.most);
    }
  }
}

/** The way from `cursor` on: back, one block on, or many; empty at the head. */
async function nextSteps(deps: FollowDeps, options: FollowOptions, cursor: BlockRef | undefined): Promise<ChainStep[]> {
  const { rpc } = deps;
  const head = await rpc.blockNumber();
  const next = cursor === undefined ? 0n : cursor.number + 1n;
  if (next > head)
    return cursor === undefined || (await isOnChain(rpc, cursor)) ? [] : [await rollback(rpc, options, cursor)];

  if (head - next > nearBlocks + rangeBlocks / 10n) {
    const to = next + rangeBlocks - 1n < head - nearBlocks ? next + rangeBlocks - 1n : head - nearBlocks;
    return range(deps, options, cursor, to);
  }
  const block = await rpc.block(next);
  if (block === undefined) return [];
  if (cursor !== undefined && block.parentHash !== cursor.hash) return [await rollback(rpc, options, cursor)];
  const logs = await rpc.logs({ address: deps.contracts, blockHash: block.hash });
  return [blockStep(block, logs)];
}

async function isOnChain(rpc: Rpc, { number, hash }: BlockRef): Promise<boolean> {
  return (await rpc.block(number))?.hash === hash;
}

/** The newest block that was applied and is still on the chain; block 0 when none that is remembered is. */
async function rollback(rpc: Rpc, options: FollowOptions, cursor: BlockRef): Promise<ChainStep> {
  for (let number = cursor.number; number > 0n; number--) {
    const hash = number === cursor.number ? cursor.hash : options.hashAt(number);
    if (hash !== undefined && (await isOnChain(rpc, { number, hash })))
      return { kind: 'rollback', to: { number, hash } };
  }
  return { kind: 'rollback', to: { number: 0n, hash: (await existing(rpc, 0n)).hash } };
}

/** The blocks up to `to` that have events, and the last; read by number, so both ends' hashes are checked around the reading. */
async function range(
  { rpc, contracts }: FollowDeps,
  options: FollowOptions,
  cursor: BlockRef | undefined,
  to: bigint,
): Promise<ChainStep[]> {
  const from = cursor === undefined ? 0n : cursor.number + 1n;
  const last = await existing(rpc, to);
  const logs = await rpc.logs({ address: contracts, from, to });
  const byBlock = groupByBlock(logs);
  const blocks = await Promise.all([...byBlock.keys()].filter((number) => number !== to).map((n) => existing(rpc, n)));
  if (cursor !== undefined && (await existing(rpc, from)).parentHash !== cursor.hash)
    return [await rollback(rpc, options, cursor)];
  if (!(await isOnChain(rpc, last))) throw new Error(`block ${to} was replaced while its range was read`);
  return [...blocks, last]
    .sort((a, b) => Number(a.number - b.number))
    .map((block) => blockStep(block, byBlock.get(block.number) ?? []));
}

async function existing(rpc: Rpc, number: bigint): Promise<Block> {
  const block = await rpc.block(number);
  if (block === undefined) throw new Error(`the node does not have block ${number}`);
  return block;
}

function blockStep({ number, hash, parentHash, timestamp }: Block, logs: readonly RawLog[]): ChainStep {
  const foreign = logs.find((one) => one.blockHash !== hash);
  if (foreign) throw new Error(`events of block ${foreign.blockHash} were given for ${hash}`);
  const events = logs.map(decodeEvent).filter((event): event is LedgerEvent => event !== undefined);
  events.sort((a, b) => a.position.logIndex - b.position.logIndex);
  return { kind: 'block', block: { number, hash }, parentHash, timestamp, events };
}

function numberOf({ blockNumber }: RawLog): bigint {
  return BigInt(blockNumber);
}

function groupByBlock(logs: readonly RawLog[]): Map<bigint, RawLog[]> {
  const groups = new Map<bigint, RawLog[]>();
  for (const one of logs) {
    const group = groups.get(numberOf(one));
    if (group) group.push(one);
    else groups.set(numberOf(one), [one]);
  }
  return groups;
}
