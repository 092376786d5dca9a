import { decodeEvent } from '../contract/events.js';
import { imageLedgerInterface } from '../contract/revert-errors.js';
import type { Hex } from '../ethereum/hex.js';
import type { Seal } from '../ledger.js';
import type { Rpc } from '../rpc/rpc.js';

const SEALED = imageLedgerInterface.getEvent('Sealed')!.topicHash as Hex;

/** What the contracts have sealed in one block, by image ID. Rejects with `unavailable` when no node answers. */
export async function findSeals(
  { rpc, contracts }: { rpc: Pick<Rpc, 'logs'>; contracts: readonly Hex[] },
  block: bigint,
): Promise<ReadonlyMap<Hex, Seal>> {
  const logs = await rpc.logs({ address: contracts, topics: [[SEALED]], from: block, to: block });
  const seals = new Map<Hex, Seal>();
  for (const log of logs) {
    const event = decodeEvent(log);
    if (event !== undefined)
      seals.set(event.imageId, { blockHash: log.blockHash, transactionHash: log.transactionHash });
  }
  return seals;
}
