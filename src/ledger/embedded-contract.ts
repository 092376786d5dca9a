import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../base/write-durably.js';
import { deployContract } from './contract/deploy.js';
import type { Hex } from './ethereum/hex.js';
import type { LedgerProvider } from './rpc/provider.js';

export interface EmbeddedContractParameters {
  /** Keys, and the address in the file `contract`. */
  dataFolder: string;
  governorKey: Buffer;
  siteAccount: Hex;
  timeoutMs: number;
}

/**
 * The contract of images of the embedded chain, deployed when its folder is new. An archive goes on with the contract that it has.
 */
export async function embeddedContract(
  provider: LedgerProvider,
  { dataFolder, governorKey, siteAccount, timeoutMs }: EmbeddedContractParameters,
): Promise<Hex> {
  const file = path.join(dataFolder, 'contract');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known.trim() as Hex;
  const images = await deployContract(provider, {
    governorKey,
    siteName: 'site',
    siteAccounts: [siteAccount],
    timeoutMs,
  });
  await writeDurably(file, `${images}\n`, { mode: 0o644 });
  return images;
}
