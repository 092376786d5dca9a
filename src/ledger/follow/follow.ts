import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../base/log.js';
import { blockLogs } from './block-logs.js';
import type { DecodeEvent } from '../contract/events.js';
import type { Heads } from '../nodes/heads.js';
import type { Hex } from '../ethereum/hex.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import type { BlockStep, ChainStep, FollowOptions, LedgerEvent } from '../ledger.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';
import type { Block, RawLog, Rpc } from '../rpc/rpc.js';

/** Nodes bound the range of one eth_getLogs; 1,000 blocks is the least of those known. */
const RANGE_BLOCKS = 1_000n;
/** So near the head each block is walked by its hash; a reorganisation does not reach deeper. */
const NEAR_BLOCKS = 64n;
const DECODED_AT_ONCE = 100;
const RETRY_AFTER_MS = { first: 250, most: 10_000 };

export interface FollowDependencies {
  nodes: Nodes;
  heads: Heads;
  contracts: readonly Hex[];
  decodeEvent: DecodeEvent;
  log: Log;
}

/** The blocks that a step goes on over. */
export const blocksOf = (step: ChainStep): BlockStep[] => (step.kind === 'block' ? [step] : step.blocks);

/** Where the walk is after a step. */
export const lastBlockOf = (step: ChainStep): BlockRef =>
  step.kind === 'block' ? step.block : (step.blocks.at(-1)?.block ?? step.to);

/** One node's view of the chain. */
interface View extends FollowDependencies {
  node: LedgerNode;
  rpc: Rpc;
}

/**
 * Walks the chain from `after`, by parent hash, until the signal aborts. Each step is read from one node, so that it is of one
 * view of the chain; when that fails, the next step is another's. A node that is merely behind is waited for.
 */
export async function* follow(dependencies: FollowDependencies, options: FollowOptions): AsyncGenerator<ChainStep> {
  const { heads, log } = dependencies;
  const { signal } = options;
  let cursor = options.after;
  let retryMs = RETRY_AFTER_MS.first;
  while (!signal.aborted) {
    const seen = heads.count;
    try {
      const steps = await nextSteps(dependencies, options, cursor);
      retryMs = RETRY_AFTER_MS.first;
      for (const step of steps) {
        if (signal.aborted) return;
        cursor = lastBlockOf(step);
        yield step;
      }
      if (steps.length === 0) await heads.after(seen, 1_000, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, after: cursor?.number.toString() }, 'The chain could not be read; it is tried again');
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, RETRY_AFTER_MS.most);
    }
  }
}

/** The way from `cursor` on: back, one block on, or many; empty at the head. */
async function nextSteps(
  dependencies: FollowDependencies,
  options: FollowOptions,
  cursor: BlockRef | undefined,
): Promise<ChainStep[]> {
  const [node] = dependencies.nodes.preferred() as [LedgerNode];
  const { rpc } = node;
  const view = { ...dependencies, node, rpc };
  const head = await existing(rpc, 'latest');
  const next = cursor === undefined ? 0n : cursor.number + 1n;
  if (cursor !== undefined && next > head.number) {
    const applied = head.number === cursor.number ? cursor.hash : options.hashAt(head.number);
    // A node that is behind has nothing to say of what it lacks.
    return applied === undefined || applied === head.hash ? [] : [await rollback(view, options, head.number, cursor)];
  }
  if (head.number - next > NEAR_BLOCKS + RANGE_BLOCKS / 10n) {
    const end = next + RANGE_BLOCKS - 1n;
    return range(view, options, cursor, end < head.number - NEAR_BLOCKS ? end : head.number - NEAR_BLOCKS);
  }
  // Chains of CometBFT begin with block 1.
  const block =
    next === head.number ? head : ((await rpc.block(next)) ?? (next === 0n ? await rpc.block(1n) : undefined));
  if (block === undefined) return [];
  if (cursor !== undefined && block.parentHash !== cursor.hash)
    return [await rollback(view, options, cursor.number, cursor)];
  return [await blockStep(view, block, await blockLogs(view, block))];
}

async function isOnChain(rpc: Rpc, { number, hash }: BlockRef): Promise<boolean> {
  return (await existing(rpc, number)).hash === hash;
}

/** Back to the newest block below `differing` that was applied and is still on the chain, block 0 when none that is remembered is; and on. */
async function rollback(view: View, options: FollowOptions, differing: bigint, cursor: BlockRef): Promise<ChainStep> {
  const to = await commonAncestor(view.rpc, options, differing);
  const blocks: BlockStep[] = [];
  let before = to;
  for (let number = to.number + 1n; number <= cursor.number && number - to.number <= NEAR_BLOCKS; number++) {
    const block = await view.rpc.block(number);
    if (block === undefined) break;
    if (block.parentHash !== before.hash)
      throw new Error(`block ${before.number} was replaced while its chain was read`);
    blocks.push(await blockStep(view, block, await blockLogs(view, block)));
    before = block;
  }
  return { kind: 'rollback', to, blocks };
}

async function commonAncestor(rpc: Rpc, options: FollowOptions, differing: bigint): Promise<BlockRef> {
  for (let number = differing - 1n; number > 0n; number--) {
    const hash = options.hashAt(number);
    if (hash !== undefined && (await isOnChain(rpc, { number, hash }))) return { number, hash };
  }
  return { number: 0n, hash: (await existing(rpc, 0n)).hash };
}

/** The blocks up to `to` that have events, and the last; read by number, so both ends' hashes are checked around the reading. */
async function range(
  view: View,
  options: FollowOptions,
  cursor: BlockRef | undefined,
  to: bigint,
): Promise<ChainStep[]> {
  const { rpc, contracts } = view;
  const from = cursor === undefined ? 0n : cursor.number + 1n;
  const last = await existing(rpc, to);
  const logs = await rpc.logs({ address: contracts, from, to });
  const byBlock = groupByBlock(logs);
  const blocks = await Promise.all([...byBlock.keys()].filter((number) => number !== to).map((n) => existing(rpc, n)));
  if (cursor !== undefined && (await existing(rpc, from)).parentHash !== cursor.hash)
    return [await rollback(view, options, cursor.number, cursor)];
  if (!(await isOnChain(rpc, last))) throw new Error(`block ${to} was replaced while its range was read`);
  const steps: ChainStep[] = [];
  for (const block of [...blocks, last].sort((a, b) => Number(a.number - b.number)))
    steps.push(await blockStep(view, block, byBlock.get(block.number) ?? []));
  return steps;
}

async function existing(rpc: Rpc, at: bigint | 'latest'): Promise<Block> {
  const block = await rpc.block(at);
  if (block === undefined) throw new Error(`the node does not have block ${at}`);
  return block;
}

/** Thousands of events, in one block or in many, are nothing that the server's other work waits for. */
async function blockStep(
  { decodeEvent }: Pick<View, 'decodeEvent'>,
  { number, hash, parentHash, timestamp }: Block,
  logs: readonly RawLog[],
): Promise<BlockStep> {
  const foreign = logs.find((one) => one.blockHash !== hash);
  if (foreign) throw new Error(`events of block ${foreign.blockHash} were given for ${hash}`);
  const events: LedgerEvent[] = [];
  for (let from = 0; from < logs.length; from += DECODED_AT_ONCE) {
    const decoded = logs.slice(from, from + DECODED_AT_ONCE).map(decodeEvent);
    events.push(...decoded.filter((event) => event !== undefined));
    if (from + DECODED_AT_ONCE < logs.length) await nextTurn();
  }
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
