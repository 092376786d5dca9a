import { logsBetween } from '../contract/logs-between.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { consortiumInterface } from './consortium-reader.js';

/** An event of the consortium. */
export interface ConsortiumEvent {
  name: string;
  /** By the names of its parameters, as ethers gives them; addresses have capitals. */
  values: Record<string, unknown>;
  block: bigint;
}

/** Where a consortium is read. */
export interface ConsortiumAt {
  /** As of the newest block, or of an earlier one (`rpcAtBlock`). */
  rpc: Rpc;
  consortium: Hex;
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
