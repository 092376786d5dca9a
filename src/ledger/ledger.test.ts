import { openEmbeddedChain } from './embedded/provider.js';
import { describeLedger } from './ledger-suite.js';

for (const periodMs of [0, 1000]) {
  describeLedger(`Ledger on the embedded chain, period ${periodMs} ms`, async (folder, genesisAccounts) => {
    const chain = await openEmbeddedChain({ folder, periodMs, genesisAccounts });
    return { provider: chain, close: () => chain.close() };
  });
}
