import { LedgerError } from '../base/errors.js';
import type { RingsOwner } from '../secrecy/rings-file.js';
import type { KeyFolder } from './backup.js';
import { type BackupState, backupWarnings, readBackupState } from './backup-state.js';
import type { OwnRing, RingSummary } from './keyring.js';
import { readRingFile } from './ring-file.js';
import { summariesOf } from './held-rings.js';
import { readWritingState } from './writing-state.js';

/** What a folder of keys has, as whoever looks from outside of the server sees it. */
export interface KeyStatus {
  owner: RingsOwner;
  rings: RingSummary[];
  writing: OwnRing | undefined;
  backup: BackupState | undefined;
  /** As `Keyring.warnings`. */
  warnings: string[];
}

/** Changes nothing; a server may run meanwhile. Throws `not-found` when there are no keys, `misconfigured` when they can't be opened. */
export async function readKeyStatus({ folder, wrapping }: KeyFolder): Promise<KeyStatus> {
  const [state, backup] = await Promise.all([readWritingState(folder), readBackupState(folder)]);
  const found = await readRingFile(folder, wrapping);
  if (!found)
    throw new LedgerError('not-found', `There are no keys in ${folder}; set DATA_DIR, or --data, to the server's.`);
  const punctures = state?.punctures ?? 0;
  return {
    owner: found.owner,
    rings: summariesOf(found.rings),
    writing: state?.writing,
    backup,
    warnings: backupWarnings({ ...found, punctures }, backup),
  };
}
