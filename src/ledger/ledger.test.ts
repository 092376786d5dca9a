import { openEmbeddedChain } from './embedded/provider.js';
import type { BedChain } from './ledger-bed.js';
import { describeLedgerRivals } from './ledger-rivals-suite.js';
import { describeLedger } from './ledger-suite.js';
import { describeLedgerTrust } from './ledger-trust-suite.js';
import type { Hex } from './ledger.js';

const embedded =
  (periodMs: number) =>
  async (folder: string, genesisAccounts: Hex[]): Promise<BedChain> => {
    const chain = await openEmbeddedChain({ folder, periodMs, genesisAccounts });
    return { provider: chain, close: () => chain.close() };
  };

describeLedger('Ledger on the embedded chain, a block at once', embedded(0));
describeLedger('Ledger on the embedded chain, a block a second', embedded(1_000));
describeLedgerTrust('Trust of a Ledger on the embedded chain', embedded(0));
describeLedgerRivals('Rivals of a Ledger on the embedded chain', embedded(0));
