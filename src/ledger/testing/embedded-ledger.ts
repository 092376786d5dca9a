import { openEmbeddedChain } from '../embedded/embedded-chain.js';
import type { BedChain } from './ledger-bed.js';
import type { Hex } from '../ethereum/hex.js';

/** For `openBed` and the suites of `Ledger`: the embedded chain. */
export function embeddedBed(periodMs: number): (folder: string, genesisAccounts: Hex[]) => Promise<BedChain> {
  return async (folder, genesisAccounts) => {
    const chain = await openEmbeddedChain({ folder, periodMs, genesisAccounts });
    return { provider: chain, close: () => chain.close() };
  };
}
