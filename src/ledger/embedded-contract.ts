import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../base/write-durably.js';
import { deployRelease2 } from './consortium/deploy-release2.js';
import type { Hex } from './ethereum/hex.js';
import { accountOf } from './keys/sign.js';
import type { LedgerProvider } from './rpc/provider.js';

const contractFile = (dataFolder: string): string => path.join(dataFolder, 'contract');

/** Whether the embedded chain of that folder has its contract. */
export const isFounded = (dataFolder: string): boolean => existsSync(contractFile(dataFolder));

export interface EmbeddedContractParameters {
  /** Has the address, in the file `contract`. */
  dataFolder: string;
  governorKey: Buffer;
  writer: Hex;
  champions: readonly Hex[];
}

/**
 * The contract of images of the embedded chain. In a new folder, release 2 is deployed as a trial: one governor and no waits, and one site,
 * with a writer and a champion. An archive goes on with the contract that it has.
 */
export async function embeddedContract(
  provider: LedgerProvider,
  { dataFolder, governorKey, writer, champions }: EmbeddedContractParameters,
): Promise<Hex> {
  const file = contractFile(dataFolder);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known.trim() as Hex;
  const { images } = await deployRelease2(provider, {
    key: governorKey,
    governors: [accountOf(governorKey)],
    waitSeconds: 0,
    siteName: 'site',
    writers: [writer],
    champions,
  });
  await writeDurably(file, `${images}\n`, { mode: 0o644 });
  return images;
}
