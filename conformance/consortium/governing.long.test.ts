// About 120 s.
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { serveChain } from '../testing/chain-over-http.js';
import { describeGoverningCommands } from './testing/governing-suite.js';

describeGoverningCommands('Governors of release 2, on an embedded chain', async ({ folder, funded }) => {
  const chain = await openEmbeddedChain({ folder, periodMs: 0, genesisAccounts: funded });
  const node = await serveChain(chain);
  return {
    url: node.url,
    close: async () => {
      await node.close();
      await chain.close();
    },
  };
});
