import { LedgerError } from '../../base/errors.js';
import { logsBetween } from '../contract/logs-between.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { consortiumInterface } from './consortium-reader.js';

/** An event of the consortium. */
export interface ConsortiumEvent {
  name: string;
  /** By the names of its parameters, as ethers gives them; addresses have capitals. */
  values: Record<string, unknown>;
  /** Number of the block that has it. */
  block: bigint;
}

/** Where a consortium is read. */
export interface ConsortiumAt {
  /** At the newest block, or at an earlier one (`rpcAtBlock`). */
  rpc: Rpc;
  consortium: Hex;
}

/** So many blocks are asked for at the same time. */
const BLOCKS_AT_ONCE = 50;

/** The times of blocks, in seconds, by their numbers. Rejects with `unavailable` when a node lacks one of them. */
export async function blockTimes(
  { rpc }: Pick<ConsortiumAt, 'rpc'>,
  blocks: Iterable<bigint>,
): Promise<ReadonlyMap<bigint, number>> {
  const wanted = [...new Set(blocks)];
  const times = new Map<bigint, number>();
  for (let at = 0; at < wanted.length; at += BLOCKS_AT_ONCE) {
    const asked = wanted.slice(at, at + BLOCKS_AT_ONCE).map(async (number) => {
      const block = await rpc.block(number);
      if (block) times.set(number, Number(block.timestamp));
      else
        throw new LedgerError('unavailable', `The node has no block ${number}; it may be behind.`, { retryable: true });
    });
    await Promise.all(asked);
  }
  return times;
}

/** Which of the events are asked for. */
export interface EventsWanted {
  /** Their indexed values in order, as words; undefined takes any. */
  indexed?: readonly (Hex | undefined)[];
  /** Blocks: from 0 to the newest unless given. */
  from?: bigint;
  to?: bigint;
}

/** Events of these names, in chain order. */
export async function consortiumEvents(
  { rpc, consortium }: ConsortiumAt,
  names: readonly string[],
  { indexed = [], ...blocks }: EventsWanted = {},
): Promise<ConsortiumEvent[]> {
  const topics = [names.map((name) => consortiumInterface.getEvent(name)!.topicHash as Hex)];
  // No alternative is any.
  for (const value of indexed) topics.push(value === undefined ? [] : [value]);
  while (topics.at(-1)?.length === 0) topics.pop();
  const logs = await logsBetween({ rpc }, { contract: consortium, topics, ...blocks });
  return logs.map((log) => {
    const { name, args } = consortiumInterface.parseLog(log)!;
    return { name, values: args.toObject(), block: BigInt(log.blockNumber) };
  });
}

/** An address as it is written here. */
export const lower = (address: unknown): Hex => String(address).toLowerCase() as Hex;

/** A number as an indexed value. */
export const uintTopic = (value: number | bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;
