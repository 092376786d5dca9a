import { LedgerError } from '../../base/errors.js';
import { logsSinceStart } from '../contract/logs-since-start.js';
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

/** The times of blocks, in seconds, by their numbers. Rejects with `unavailable` when a node lacks one of them. */
export async function blockTimes(
  { rpc }: Pick<ConsortiumAt, 'rpc'>,
  blocks: Iterable<bigint>,
): Promise<ReadonlyMap<bigint, number>> {
  const times = [...new Set(blocks)].map(async (number) => {
    const block = await rpc.block(number);
    if (block) return [number, Number(block.timestamp)] as const;
    throw new LedgerError('unavailable', `The node has no block ${number}; it may be behind.`, { retryable: true });
  });
  return new Map(await Promise.all(times));
}

/** These events since block 0, in chain order, and of them those with that first indexed value (a word) if one is given. */
export async function consortiumEvents(
  { rpc, consortium }: ConsortiumAt,
  names: readonly string[],
  first?: Hex,
): Promise<ConsortiumEvent[]> {
  const topics = [names.map((name) => consortiumInterface.getEvent(name)!.topicHash as Hex)];
  const logs = await logsSinceStart({ rpc }, { contract: consortium, topics: first ? [...topics, [first]] : topics });
  return logs.map((log) => {
    const { name, args } = consortiumInterface.parseLog(log)!;
    return { name, values: args.toObject(), block: BigInt(log.blockNumber) };
  });
}

/** An address as it is written here. */
export const lower = (address: unknown): Hex => String(address).toLowerCase() as Hex;
