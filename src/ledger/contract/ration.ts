import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';

/** So long an account can fill every block with what it holds at most. */
export const RATION_SECONDS = 3_600;

/** A governor starts with so many, to give one to each account that it admits. */
export const GOVERNOR_RATIONS = 100n;

/** Over so many blocks the block period is measured. */
const MEASURED_BLOCKS = 50n;
/** A chain that stood still has no longer period for that. */
const MOST_PERIOD_SECONDS = 15n;

/**
 * What an account of a site gets to pay gas with, in wei: the price of all gas of the blocks that come in an hour. The signers give
 * its fees back while the site is admitted (`network/return-fees.ts`), so that it lasts; one that is dismissed can write for an
 * hour at most. 0 on a chain where gas is free.
 */
export async function rationOf(rpc: Rpc, seconds = RATION_SECONDS): Promise<bigint> {
  const [gasPrice, head] = await Promise.all([rpc.gasPrice(), rpc.block('latest')]);
  if (head === undefined || gasPrice === 0n) return 0n;
  // Block 0 may be of any time.
  const first = head.number > MEASURED_BLOCKS ? head.number - MEASURED_BLOCKS : 1n;
  const before = head.number > first ? await rpc.block(first) : undefined;
  const measured = before ? (head.timestamp - before.timestamp) / (head.number - first) : 1n;
  const period = measured < 1n ? 1n : measured > MOST_PERIOD_SECONDS ? MOST_PERIOD_SECONDS : measured;
  return (head.gasLimit * gasPrice * BigInt(seconds)) / period;
}

/** How much of a ration an account has: 1 is a whole one, Infinity where gas is free. */
export async function rationsLeft(rpc: Rpc, account: Hex): Promise<number> {
  const [ration, has] = await Promise.all([rationOf(rpc), rpc.balance(account)]);
  return ration === 0n ? Infinity : Number(has) / Number(ration);
}
