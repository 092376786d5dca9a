import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT_TOPICS } from '../contract/events.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';
import type { Block, RawLog } from '../rpc/rpc.js';

const AGAIN_AFTER_MS = [100, 300, 900];

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
  if (logs.length > 0 || logsBloom === undefined || !mayHaveEvents(logsBloom, contracts, EVENT_TOPICS)) return logs;
  for (const pauseMs of AGAIN_AFTER_MS) {
    for (const other of nodes.preferred()) {
      const found = await other.rpc.logs(filter).catch(() => []);
      if (found.length > 0) return found;
    }
    await sleep(pauseMs);
  }
  return [];
}

const BLOOM_BYTES = 256;

/** Whether a block with this `logsBloom` may have an event with one of the addresses and one of the first topics (Yellow Paper §4.3.1). */
export function mayHaveEvents(bloom: Hex, addresses: readonly Hex[], topics: readonly Hex[]): boolean {
  const bits = fromHex(bloom);
  if (bits.length !== BLOOM_BYTES) return false;
  const has = (value: Hex): boolean => {
    const hash = keccak256(fromHex(value));
    return [0, 2, 4].every((at) => {
      const bit = hash.readUInt16BE(at) % (8 * BLOOM_BYTES);
      return (bits[BLOOM_BYTES - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0;
    });
  };
  return addresses.some(has) && topics.some(has);
}
