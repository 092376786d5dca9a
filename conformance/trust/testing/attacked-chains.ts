import { openEmbeddedChain } from '../../../src/ledger/embedded/embedded-chain.js';
import { transact } from '../../../src/ledger/contract/transact.js';
import { readKeystore } from '../../../src/ledger/keys/keystore.js';
import { openHttpProvider } from '../../../src/ledger/rpc/http-provider.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { startNetwork } from '../../../src/network/start-network.js';
import { serveChain } from '../../testing/chain-over-http.js';
import type { StartChain } from './trust-bed.js';
import { gethUnderTest } from '../../../src/network/testing/build-geth.js';

/** The embedded chain of a process of its own, as the one node of all sites. */
export const startEmbedded: StartChain = async ({ folder, funded }) => {
  const chain = await openEmbeddedChain({ folder, periodMs: 0, genesisAccounts: funded });
  const node = await serveChain(chain);
  return {
    nodeUrls: [node.url],
    // No block of it is ever undone, and none is empty: a deeper one may never come.
    settings: { SEALED_DEPTH: '1', FINAL_DEPTH: '1' },
    close: async () => {
      await node.close();
      await chain.close();
    },
  };
};

/** Three signing geth nodes. */
export const startThreeGeths: StartChain = async ({ folder, funded }) => {
  const network = await startNetwork({ sites: 3, folder, binary: gethUnderTest(), onlyChain: true, release: 1 });
  const nodeUrls = network.sites.map(({ node }) => node.rpc);
  const [{ keystoreFile: file, passwordFile }] = network.governors as unknown as [(typeof network.governors)[0]];
  const key = await readKeystore({ file, passwordFile });
  const provider = openHttpProvider({ url: nodeUrls[0]! });
  for (const to of funded)
    await transact({ rpc: createRpc(provider) }, { key, to, value: 10n ** 13n, gasLimit: 21_000n });
  await provider.close();
  return { nodeUrls, settings: {}, close: () => network.stop() };
};
