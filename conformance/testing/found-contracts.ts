import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { createConsortiumAccount } from '../../src/ledger/consortium/consortium-account.js';
import { encodeCall } from '../../src/ledger/consortium/decode-call.js';
import { issuerHashOf } from '../../src/ledger/consortium/read-rulings.js';
import { createConsortium } from '../../src/ledger/contract/consortium.js';
import { deployContract } from '../../src/ledger/contract/deploy.js';
import type { ContractRef } from '../../src/ledger/contract/image-contract.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { createKeystore, readKeystore } from '../../src/ledger/keys/keystore.js';
import type { LedgerProvider } from '../../src/ledger/rpc/provider.js';
import { createRpc } from '../../src/ledger/rpc/rpc.js';
import { foundRelease2 } from '../../src/network/found-release2.js';
import type { KeptAccount } from '../../src/network/network.js';

/** An account with its keystore on this machine, and its key. */
export type KeyedAccount = KeptAccount & { key: Buffer };

/** Who acts at a consortium: keys of governors, and of each site's server and champion. */
export interface Acting {
  governors: readonly [KeyedAccount, KeyedAccount, KeyedAccount];
  sites: readonly { writer: KeyedAccount; champion: KeyedAccount }[];
}

/** Makes keys for three governors and so many sites, with keystores in a folder. */
export async function newActing(folder: string, sites: number): Promise<Acting> {
  const made = async (name: string): Promise<KeyedAccount> => {
    const files = { file: path.join(folder, `${name}.json`), passwordFile: path.join(folder, `${name}.txt`) };
    const account = await createKeystore({ ...files, scryptN: 2 ** 12 });
    const kept = { account, keystoreFile: files.file, passwordFile: files.passwordFile };
    return { ...kept, key: await readKeystore(files) };
  };
  const governors = await Promise.all(['first', 'second', 'third'].map((who) => made(`governor-${who}`)));
  return {
    governors: governors as [KeyedAccount, KeyedAccount, KeyedAccount],
    sites: await Promise.all(
      Array.from({ length: sites }, async (_, i) => ({
        writer: await made(`writer-${i + 1}`),
        champion: await made(`champion-${i + 1}`),
      })),
    ),
  };
}

/** Deploys release 1 and admits the sites, numbered from 1. Who founds it is the only governor. */
export async function foundRelease1(
  provider: LedgerProvider,
  { governor, sites }: { governor: Buffer; sites: Acting['sites'] },
): Promise<ContractRef> {
  const address = await deployContract(provider, { governorKey: governor, siteName: '', siteAccounts: [] });
  const consortium = await createConsortium({ rpc: createRpc(provider) }, { contract: address, governorKey: governor });
  for (const [index, { writer }] of sites.entries())
    await consortium.admitSite({ name: `Site ${index + 1}`, accounts: [writer.account] });
  return { address, release: 1, consortium: undefined };
}

/** Founds a consortium of release 2 with the sites, numbered from 1, as a network of hospitals does, and has the first speak for an issuer of patient IDs. */
export async function foundReleaseTwo(
  provider: LedgerProvider,
  { governors, sites }: Acting,
  { firstIssuer }: { firstIssuer?: string } = {},
): Promise<ContractRef & { release: 2 }> {
  const { contract: address, consortium } = await foundRelease2(provider, {
    governors,
    sites: sites.map(({ writer, champion }, i) => ({ ...writer, name: `Site ${i + 1}`, champion })),
  });
  const rpc = createRpc(provider);
  if (firstIssuer !== undefined) {
    const [first, second, third] = governors.map(({ key }) => createConsortiumAccount({ rpc }, { consortium, key }));
    const { id, hash } = await first!.propose(encodeCall('assignIssuer', issuerHashOf(firstIssuer), 1));
    await second!.approve(id, hash);
    await third!.execute(id);
  }
  return { address, release: 2, consortium };
}

/** A key that is nobody's yet. */
export const newKey = (): { key: Buffer; account: ReturnType<typeof accountOf> } => {
  const key = randomBytes(32);
  return { key, account: accountOf(key) };
};
