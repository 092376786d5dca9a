import { SEALED_TOPIC } from '../contract/events.js';
import type { Hex } from '../ethereum/hex.js';
import type { Seal } from '../ledger.js';
import type { Rpc } from '../rpc/rpc.js';

/** What the contracts have sealed in one block, by image ID. Rejects with `unavailable` when no node answers. */
export async function findSeals(
  { rpc, contracts }: { rpc: Pick<Rpc, 'logs'>; contracts: readonly Hex[] },
  block: bigint,
): Promise<ReadonlyMap<Hex, Seal>> {
  const logs = await rpc.logs({ address: contracts, topics: [[SEALED_TOPIC]], from: block, to: block });
  const seals = new Map<Hex, Seal>();
  for (const log of logs) {
    const imageId = log.topics[1];
    if (imageId !== undefined) seals.set(imageId, { blockHash: log.blockHash, transactionHash: log.transactionHash });
  }
  return seals;
}
