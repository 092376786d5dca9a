import path from 'node:path';
import { createPseudonyms, type Pseudonyms, readConsortiumKey } from './archive/pseudonyms.js';
import { LedgerError } from './base/errors.js';
import type { Config } from './config.js';
import type { Ledger } from './ledger/ledger.js';

/**
 * The pseudonyms of release 1; undefined where no contract of release 1 is read. The embedded chain makes its key; for a network it has to be
 * that of the others: throws `misconfigured` when it is not named.
 */
export async function openSitePseudonyms(
  { DATA_DIR, LEDGER_URL, CONSORTIUM_KEY_FILE: file }: Pick<Config, 'DATA_DIR' | 'LEDGER_URL' | 'CONSORTIUM_KEY_FILE'>,
  { releases }: Pick<Ledger, 'releases'>,
): Promise<Pseudonyms | undefined> {
  if (!releases.includes(1)) return undefined;
  if (LEDGER_URL !== undefined && file === undefined)
    throw new LedgerError(
      'misconfigured',
      'CONSORTIUM_KEY_FILE is unset, and LEDGER_CONTRACT names a contract of release 1: with keys of their own two sites never find each ' +
        'other\'s images there. Copy the file from a member; the first one makes it with "dicom-ledger key consortium".',
    );
  const key = await readConsortiumKey({
    file: file ?? path.join(DATA_DIR, 'consortium.key'),
    create: file === undefined,
  });
  return createPseudonyms(key);
}
