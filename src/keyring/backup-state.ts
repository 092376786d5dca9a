import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import type { RingsOwner } from '../secrecy/rings-file.js';
import type { RingName } from './keyring.js';

/** How the key of a backup was printed. */
export type BackupKeyForm = 'words' | 'shares';

/** The last backup that was made, as far as this server knows. */
export interface BackupState {
  /** As `Date` writes it. */
  madeAt: string;
  /** Where the file was written. */
  file: string;
  form: BackupKeyForm;
  /** How many copies of the words somebody says to keep, or how many of the three shares. */
  copiesKept: number;
  /** The rings of this site that are in it, as hex digits. */
  ownRings: string[];
  /** `WritingState.punctures` when it was made. */
  punctures: number;
}

/** What is held today. */
export interface HeldKeys {
  owner: RingsOwner;
  rings: readonly RingName[];
  punctures: number;
}

/** The rings of the owner's site, as hex digits: those of others can be given again. */
export function ownRingsOf({ owner, rings }: Pick<HeldKeys, 'owner' | 'rings'>): string[] {
  return rings.filter(({ siteId }) => siteId === owner.siteId).map(({ ringId }) => ringId.toString('hex'));
}

/** The loss of one copy, or of one share, must not be the loss of the key. */
export const COPIES_NEEDED: Record<BackupKeyForm, number> = { words: 2, shares: 3 };

const COMMAND = 'dicom-ledger keys backup';

const stateFile = (folder: string): string => path.join(folder, 'backup.json');

/** Undefined when there was none. Throws `misconfigured` for a file of another form. */
export async function readBackupState(folder: string): Promise<BackupState | undefined> {
  const file = stateFile(folder);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (text === undefined) return undefined;
  try {
    return checked(JSON.parse(text));
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      `The file ${file}, which says when the keys were backed up, cannot be read. Make a new backup with "${COMMAND} <file>".`,
      { cause },
    );
  }
}

export async function writeBackupState(folder: string, state: BackupState): Promise<void> {
  await writeDurably(stateFile(folder), `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
}

/** What is to be done so that no single loss takes the keys of today: sentences with the command to run, none when all is well. */
export function backupWarnings(today: HeldKeys, state: BackupState | undefined): string[] {
  const ownRings = ownRingsOf(today);
  if (ownRings.length === 0) return [];
  if (!state)
    return [
      `The keys of this archive have no backup; without them nobody can read its images again. Run "${COMMAND} <file>", write its words down twice, and say so with "${COMMAND} --copies-kept 2".`,
    ];
  const made = `the last backup of the keys, of ${state.madeAt.slice(0, 10)}`;
  const anew = `Run "${COMMAND} <file>"`;
  if (today.punctures !== state.punctures)
    return [`Studies were erased after ${made}, which can still read them. ${anew}, and destroy every copy of the old words or shares.`]; // prettier-ignore
  const missing = ownRings.filter((ring) => !state.ownRings.includes(ring)).length;
  if (missing > 0)
    return [`${missing} of the rings of this site ${missing === 1 ? 'is' : 'are'} newer than ${made}. ${anew}.`];
  const needed = COPIES_NEEDED[state.form];
  if (state.copiesKept >= needed) return [];
  const what = state.form === 'words' ? `copies of the words` : `of the three shares`;
  return [
    `${state.copiesKept} ${what} of ${made} are said to be kept, and it takes ${needed}. Keep ${needed} in different places, and say so with "${COMMAND} --copies-kept ${needed}".`,
  ];
}

function checked(value: unknown): BackupState {
  const state = value as BackupState;
  const isWhole =
    typeof state.madeAt === 'string' &&
    !Number.isNaN(Date.parse(state.madeAt)) &&
    typeof state.file === 'string' &&
    Object.hasOwn(COPIES_NEEDED, state.form) &&
    Number.isSafeInteger(state.copiesKept) &&
    Number.isSafeInteger(state.punctures) &&
    Array.isArray(state.ownRings) &&
    state.ownRings.every((ring) => typeof ring === 'string');
  if (!isWhole) throw new Error('another form');
  return state;
}
