import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import type { RawLog, Rpc } from '../rpc/rpc.js';

/** Nodes bound the range of one eth_getLogs; 1,000 blocks is the least of those known. */
const LEAST_RANGE_BLOCKS = 1_000n;

/** Logs of a contract in these blocks, from 0 to the newest unless given, in chain order; `topics` are alternatives by place. Rejects as the node does that gives none. */
export async function logsBetween(
  { rpc }: { rpc: Rpc },
  {
    contract,
    topics,
    from: first = 0n,
    to: last,
  }: { contract: Hex; topics: readonly (readonly Hex[])[]; from?: bigint; to?: bigint },
): Promise<RawLog[]> {
  const between = async (from: bigint, to: bigint): Promise<RawLog[]> => {
    try {
      return await rpc.logs({ address: [contract], topics, from, to });
    } catch (error) {
      if (rpcFailure(error) === undefined || to - from < LEAST_RANGE_BLOCKS) throw error;
      const middle = (from + to) / 2n;
      return [...(await between(from, middle)), ...(await between(middle + 1n, to))];
    }
  };
  const newest = last ?? (await rpc.blockNumber());
  return first > newest ? [] : between(first, newest);
}
