import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deployContract } from '../contract/deploy.js';
import { openEmbeddedChain } from '../embedded/embedded-chain.js';
import { loadOrCreateKey } from '../keys/keys.js';
import { accountOf } from '../keys/sign.js';

/** Makes a new folder one whose embedded chain began before release 2. */
export async function beginWithRelease1(dataFolder: string): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const siteKey = await loadOrCreateKey(path.join(dataFolder, 'site.key'));
  const governorKey = await loadOrCreateKey(path.join(dataFolder, 'governor.key'));
  const chain = await openEmbeddedChain({
    folder: path.join(dataFolder, 'chain'),
    periodMs: 0,
    genesisAccounts: [accountOf(governorKey), accountOf(siteKey)],
  });
  const contract = await deployContract(chain, { governorKey, siteName: 'site', siteAccounts: [accountOf(siteKey)] });
  await writeFile(path.join(dataFolder, 'contract'), `${contract}\n`);
  await chain.close();
}
