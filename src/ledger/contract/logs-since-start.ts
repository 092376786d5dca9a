import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import type { RawLog, Rpc } from '../rpc/rpc.js';

/** Nodes bound the range of one eth_getLogs; 1,000 blocks is the least of those known. */
const LEAST_RANGE_BLOCKS = 1_000n;

/** Logs of a contract since block 0, in chain order; `topics` are alternatives by place. Rejects as the node does that gives none. */
export async function logsSinceStart(
  { rpc }: { rpc: Rpc },
  { contract, topics }: { contract: Hex; topics: readonly (readonly Hex[])[] },
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
  return between(0n, await rpc.blockNumber());
}
