import { randomBytes } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import {
  type HeldRing,
  readRingsFile,
  readRingsFileHead,
  type RingsOwner,
  writeRingsFile,
} from '../secrecy/rings-file.js';
import { type KeyShare, sharesOfKey } from '../secrecy/shares-of-key.js';
import { wordsOfKey } from '../secrecy/words-of-key.js';
import { type BackupKeyForm, ownRingsOf, readBackupState, writeBackupState } from './backup-state.js';
import { nameOf, ringsByName, withRings } from './held-rings.js';
import type { KeyWrapping } from './key-wrapping.js';
import { makeKeysFolder } from './keys-folder.js';
import type { RingName } from './keyring.js';
import { numbersFile, openNumbers } from './open-numbers.js';
import { readRingFile, replaceRingFile, requireOwner, ringFile } from './ring-file.js';
import { readWritingState } from './writing-state.js';

/** Where keys are, and what opens them. */
export interface KeyFolder {
  folder: string;
  wrapping: KeyWrapping;
}

/** The key of a backup, to be printed and forgotten. */
export type PrintedKey = { form: 'words'; words: string } | { form: 'shares'; shares: KeyShare[] };

/**
 * Writes the rings of today to `file`, under a new key, which is given to be printed and is kept nowhere. A server may run meanwhile.
 * Throws `conflict` when the file is there already, `not-found` when there are no keys.
 */
export async function backUpKeys(
  { folder, wrapping }: KeyFolder,
  { file, form, now }: { file: string; form: BackupKeyForm; now: Date },
): Promise<PrintedKey> {
  // Before the rings: what is taken out of them in between makes this backup count as old, and it isn't.
  const punctures = (await readWritingState(folder))?.punctures ?? 0;
  const found = await readRingFile(folder, wrapping);
  if (!found)
    throw new LedgerError('not-found', `There are no keys in ${folder}; set DATA_DIR, or --data, to the server's.`);
  if (await isThere(file))
    throw new LedgerError('conflict', `${file} is there already, and may be all that opens older words: give another name.`); // prettier-ignore
  const key = randomBytes(KEY_BYTES);
  const bytes = writeRingsFile('backup', found, { fileKey: key });
  await writeDurably(file, bytes, { mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('bad-request', `${file} cannot be written (${cause.code}).`, { cause });
  });
  const ownRings = ownRingsOf(found);
  await writeBackupState(folder, { madeAt: now.toISOString(), file, form, copiesKept: 0, ownRings, punctures });
  return form === 'words' ? { form, words: wordsOfKey(key) } : { form, shares: await sharesOfKey(key) };
}

/** Remembers how many copies of the words of the last backup, or how many of its shares, somebody says to keep. */
export async function declareCopies(folder: string, copiesKept: number): Promise<void> {
  const state = await readBackupState(folder);
  if (!state)
    throw new LedgerError(
      'conflict',
      'There is no backup of the keys yet: "dicom-ledger keys backup <file>" makes one.',
    );
  await writeBackupState(folder, { ...state, copiesKept });
}

/** What is in a backup. */
export interface Backup {
  owner: RingsOwner;
  rings: HeldRing[];
}

/** Whose backup a file is, as it says. Throws `bad-request` for a file that is none. */
export async function readBackupOwner(file: string): Promise<RingsOwner> {
  return opened(file, (bytes) => readRingsFileHead('backup', bytes).owner);
}

/** Opens a backup. Throws `bad-request` for a file that is none, and for the key of another one. */
export async function readBackup(file: string, key: Buffer): Promise<Backup> {
  return opened(file, (bytes) => ({
    owner: readRingsFileHead('backup', bytes).owner,
    rings: readRingsFile('backup', bytes, key),
  }));
}

async function opened<T>(file: string, read: (bytes: Buffer) => T): Promise<T> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('bad-request', `${file} cannot be read (${cause.code}).`, { cause });
  });
  try {
    return read(bytes);
  } catch (error) {
    throw new LedgerError('bad-request', `${file} cannot be opened. ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Brings the rings of a backup into a folder, which no server may use. One that is held already stays as it is: something may have been
 * taken out of it since. Numbers are given from another range then. Throws `conflict` when there are rings already and `merges` isn't
 * set, and `misconfigured` when they are another site's.
 */
export async function restoreKeys(
  { folder, wrapping }: KeyFolder,
  { owner, rings }: Backup,
  { merges }: { merges: boolean },
): Promise<{ restored: RingName[]; kept: RingName[] }> {
  await makeKeysFolder(folder);
  const found = await readRingFile(folder, wrapping);
  if (found) requireOwner(owner, found.owner, 'the backup');
  if (found && !merges)
    throw new LedgerError(
      'conflict',
      `There are ${found.rings.length} rings in ${ringFile(folder)} already. With --merge, those of the backup that are missing are added to them.`,
    );
  const held = ringsByName(found?.rings ?? []);
  const restored = rings.filter((ring) => !held.has(nameOf(ring)));
  const kept = rings.filter((ring) => held.has(nameOf(ring)));
  if (restored.length > 0)
    await replaceRingFile(folder, wrapping, { owner, rings: [...withRings(held, restored).values()] });
  const numbers = openNumbers(numbersFile(folder));
  try {
    await numbers.newIncarnation();
  } finally {
    await numbers.close();
  }
  return { restored, kept };
}

async function isThere(file: string): Promise<boolean> {
  return access(path.resolve(file)).then(
    () => true,
    () => false,
  );
}
