import { setTimeout as sleep } from 'node:timers/promises';
import { createConsortium } from '../ledger/contract/consortium.js';
import { deployConsortium } from '../ledger/contract/deploy.js';
import { openHttpProvider } from '../ledger/rpc/http-provider.js';
import { readKeystore } from '../ledger/keys/keystore.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { createRpc } from '../ledger/rpc/rpc.js';
import type { NetworkFolder } from './make-network.js';

/** The contract, and each site's number in it. */
export interface FoundedConsortium {
  contract: Hex;
  siteIds: number[];
}

/**
 * Deploys the contract with both governors and admits every site, as far as that was not done before. Returns once every node
 * has it all: the governor's transactions up to the last one are in their chains.
 */
export async function foundConsortium(
  { rpcUrls }: { rpcUrls: readonly string[] },
  { governors, sites }: NetworkFolder,
): Promise<FoundedConsortium> {
  const [first, second] = governors as [NetworkFolder['governors'][0], NetworkFolder['governors'][0]];
  const governorKey = await readKeystore({ file: first.keystoreFile, passwordFile: first.passwordFile });
  const providers = rpcUrls.map((url) => openHttpProvider({ url }));
  const rpcs = providers.map(createRpc);
  const rpc = rpcs[0]!;
  try {
    const contract = await deployConsortium(providers[0]!, { governorKey, otherGovernors: [second.account] });
    const consortium = await createConsortium({ rpc }, { contract, governorKey });
    const siteIds: number[] = [];
    for (const { name, account } of sites) siteIds.push(await consortium.admitSite({ name, accounts: [account] }));
    const nonce = await rpc.nonce(first.account, 'latest');
    for (const other of rpcs) while ((await other.nonce(first.account, 'latest')) < nonce) await sleep(50);
    return { contract, siteIds };
  } finally {
    await Promise.all(providers.map((provider) => provider.close()));
  }
}
