import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { serveChain } from '../testing/chain-over-http.js';
import { describeConsortiumCommands } from './testing/consortium-suite.js';

describeConsortiumCommands('Commands of a consortium, on an embedded chain', async ({ folder, funded }) => {
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
