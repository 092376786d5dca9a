import { setTimeout as sleep } from 'node:timers/promises';
import { createConsortium } from '../ledger/contract/consortium.js';
import { createConsortiumReader } from '../ledger/consortium/consortium-reader.js';
import { deployConsortium } from '../ledger/contract/deploy.js';
import { openHttpProvider } from '../ledger/rpc/http-provider.js';
import { readKeystore } from '../ledger/keys/keystore.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { LedgerProvider } from '../ledger/rpc/provider.js';
import { createRpc, type Rpc } from '../ledger/rpc/rpc.js';
import { foundRelease2 } from './found-release2.js';
import type { NetworkFolder } from './make-network.js';

/** The contract that servers write to, and each site's number in it. */
export interface FoundedConsortium {
  contract: Hex;
  siteIds: number[];
}

/**
 * Deploys the contracts with all governors and has every site admitted, as far as that was not done before. Returns once every node has it all.
 */
export async function foundConsortium(
  { rpcUrls }: { rpcUrls: readonly string[] },
  made: NetworkFolder,
): Promise<FoundedConsortium> {
  const providers = rpcUrls.map((url) => openHttpProvider({ url }));
  const rpcs = providers.map(createRpc);
  const provider: LedgerProvider = providers[0]!;
  try {
    return made.release === 1
      ? await foundRelease1(provider, { rpcs, made })
      : await foundEverywhere(provider, { rpcs, made });
  } finally {
    await Promise.all(providers.map((one) => one.close()));
  }
}

interface Founding {
  rpcs: readonly Rpc[];
  made: NetworkFolder;
}

async function foundEverywhere(provider: LedgerProvider, { rpcs, made }: Founding): Promise<FoundedConsortium> {
  const { contract, consortium } = await foundRelease2(provider, made);
  const siteIds = made.sites.map((_, i) => i + 1);
  for (const rpc of rpcs) {
    const reader = createConsortiumReader(rpc, consortium);
    for (const [i, { account }] of made.sites.entries())
      // A node that has no code there yet gives nothing.
      while (Number((await reader.read('getAccount', account).catch(() => [0n]))[0]) !== siteIds[i]) await sleep(50);
  }
  return { contract, siteIds };
}

async function foundRelease1(provider: LedgerProvider, { rpcs, made }: Founding): Promise<FoundedConsortium> {
  const [first, second] = made.governors as [NetworkFolder['governors'][0], NetworkFolder['governors'][0]];
  const governorKey = await readKeystore({ file: first.keystoreFile, passwordFile: first.passwordFile });
  const [rpc] = rpcs as [Rpc];
  const contract = await deployConsortium(provider, { governorKey, otherGovernors: [second.account] });
  const consortium = await createConsortium({ rpc }, { contract, governorKey });
  const siteIds: number[] = [];
  for (const { name, account } of made.sites) siteIds.push(await consortium.admitSite({ name, accounts: [account] }));
  const nonce = await rpc.nonce(first.account, 'latest');
  for (const other of rpcs) while ((await other.nonce(first.account, 'latest')) < nonce) await sleep(50);
  return { contract, siteIds };
}
