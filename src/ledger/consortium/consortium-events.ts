import { logsSinceStart } from '../contract/logs-since-start.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { consortiumInterface } from './consortium-reader.js';

/** An event of the consortium. */
export interface ConsortiumEvent {
  name: string;
  /** By the names of its parameters, as ethers gives them; addresses have capitals. */
  values: Record<string, unknown>;
}

/** Where the reading of a consortium begins. */
export interface ConsortiumAt {
  rpc: Rpc;
  consortium: Hex;
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
    return { name, values: args.toObject() };
  });
}

/** An address as it is written here. */
export const lower = (address: unknown): Hex => String(address).toLowerCase() as Hex;
