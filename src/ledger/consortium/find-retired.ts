import { blockTimes } from './block-times.js';
import { logsBetween } from '../contract/logs-between.js';
import { release2Interfaces } from '../contract/release2-interfaces.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';

const RETIRED = release2Interfaces.images.getEvent('Retired')!.topicHash as Hex;
const RESTORED = release2Interfaces.images.getEvent('Restored')!.topicHash as Hex;

export interface RetiredBy {
  account: Hex;
  /** Time of the block, in seconds since 1970; from the beginning unless given. */
  since?: number;
}

/**
 * Images of a site that an account has retired since then and nobody has restored, by ID in the order of the chain, as the chain has it now. Rejects
 * with `unavailable`.
 */
export async function findRetired(
  { rpc, contract }: { rpc: Rpc; contract: Hex },
  { siteId, account, since = 0 }: RetiredBy & { siteId: number },
): Promise<Hex[]> {
  const site = word(siteId.toString(16));
  const logs = await logsBetween({ rpc }, { contract, topics: [[RETIRED, RESTORED], [], [site]] });
  const by = word(account.slice(2).toLowerCase());
  const retired = new Map<Hex, { block: bigint }>();
  for (const { topics, blockNumber } of logs) {
    const [event, imageId, , who] = topics;
    if (imageId === undefined) continue;
    retired.delete(imageId);
    if (event === RETIRED && who === by) retired.set(imageId, { block: BigInt(blockNumber) });
  }
  const timeOf = since === 0 ? () => 0 : await blockTimes(rpc, [...retired.values()]);
  return [...retired].filter(([, { block }]) => timeOf(block) >= since).map(([imageId]) => imageId);
}

const word = (hex: string): Hex => `0x${hex.padStart(64, '0')}`;
