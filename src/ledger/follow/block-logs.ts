import { setTimeout as sleep } from 'node:timers/promises';
import { mayHaveEvents } from './bloom.js';
import type { Hex } from '../ledger.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';
import { imageLedgerInterface } from '../contract/refusal.js';
import type { Block, RawLog } from '../rpc/rpc.js';

/** First topics of what a catalogue needs to know. */
const topics = ['Announced', 'Sealed', 'Withdrawn', 'Retired'].map(
  (name) => imageLedgerInterface.getEvent(name)!.topicHash as Hex,
);
const againAfterMs = [100, 300, 900];

/**
 * The contracts' events of one block, from the node that has the block. Some nodes say "none" of a block whose events they
 * have not indexed yet, or that they lack: where the header's bloom speaks of such events, "none" is believed only when all
 * nodes that answer say it, several times. (Another header would have another hash, which is compared with the child's.)
 */
export async function blockLogs(
  { nodes, node, contracts }: { nodes: Nodes; node: LedgerNode; contracts: readonly Hex[] },
  { hash, logsBloom }: Block,
): Promise<RawLog[]> {
  const filter = { address: contracts, blockHash: hash };
  const logs = await node.rpc.logs(filter);
  if (logs.length > 0 || logsBloom === undefined || !mayHaveEvents(logsBloom, contracts, topics)) return logs;
  for (const pauseMs of againAfterMs) {
    for (const other of nodes.preferred()) {
      const found = await other.rpc.logs(filter).catch(() => []);
      if (found.length > 0) return found;
    }
    await sleep(pauseMs);
  }
  return [];
}
