import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { LedgerError } from '../base/errors.js';
import { lockFolder } from '../base/folder-lock.js';
import { type Config, readConfig } from '../config.js';
import {
  backUpKeys,
  declareCopies,
  type KeyFolder,
  type PrintedKey,
  readBackup,
  readBackupOwner,
  restoreKeys,
} from '../keyring/backup.js';
import { backupKeyOfText, isWholeBackupKey } from '../keyring/backup-key-of-text.js';
import { COPIES_NEEDED } from '../keyring/backup-state.js';
import { createKeyWrapping } from '../keyring/key-wrapping.js';
import { keysFolder } from '../keyring/keys-folder.js';
import type { RingName, WrappingKind } from '../keyring/keyring.js';
import { type KeyStatus, readKeyStatus } from '../keyring/read-key-status.js';
import { EMBEDDED_CHAIN_ID } from '../ledger/embedded/embedded-chain-id.js';
import { readEnvironment } from './read-environment.js';
import { requireOwnFolder } from './require-own-folder.js';

export interface KeysOptions {
  data?: string;
  settings?: string;
}

export interface KeysBackupOptions extends KeysOptions {
  shares?: true;
  copiesKept?: number;
}

export interface KeysRestoreOptions extends KeysOptions {
  merge?: true;
  check?: true;
}

const KEPT: Record<WrappingKind, string> = {
  command: 'under a key that KEY_COMMAND wraps',
  passphrase: 'under a passphrase, which is best effort (docs/operations/keys.md)',
  none: 'in the clear, which is for a trial alone',
};

const WORDS_IN_A_ROW = 6;

/** Prints what there is, and what is to be done. Asks no server, and disturbs none. */
export async function keysStatus(options: KeysOptions): Promise<void> {
  const keys = await openKeyFolder(options);
  const { owner, rings, writing, backup, warnings } = await readKeyStatus(keys);
  console.log(`keys of ${sentenceOf(owner)}, in ${keys.folder}`);
  console.log(`kept ${KEPT[keys.wrapping.kind]}`);
  for (const { siteId, ringId, isWhole, treeNodes } of rings) {
    const use = writing?.ringId.equals(ringId) ? `, written to since ${writing.year}` : '';
    console.log(
      `ring ${ringId.toString('hex')} of site ${siteId}: ${isWhole ? 'all' : `${treeNodes} parts`} of it${use}`,
    );
  }
  console.log(
    backup
      ? `last backup: ${backup.madeAt}, ${backup.file}, ${backup.copiesKept} ${backup.form === 'words' ? 'copies of its words' : 'of its shares'} kept`
      : 'last backup: none',
  );
  for (const warning of warnings) console.log(`to do: ${warning}`);
}

/** The words or shares alone go to standard output, and nowhere else. */
export async function keysBackup(
  file: string | undefined,
  { shares, copiesKept, ...options }: KeysBackupOptions,
): Promise<void> {
  const form = shares ? 'shares' : 'words';
  if (file === undefined && (shares || copiesKept === undefined))
    throw new LedgerError('bad-request', 'Give the file to write, or --copies-kept of the last backup.');
  const keys = await openKeyFolder(options);
  await requireOwnFolder(keys.folder);
  if (file !== undefined) {
    requireOutside(path.dirname(keys.folder), file);
    print(await backUpKeys(keys, { file: path.resolve(file), form, now: new Date() }));
    console.error(
      `${file} is of no use without ${form === 'words' ? 'these words' : 'two of these shares'}, which are shown this once. Write them down on paper, and keep ${COPIES_NEEDED[form]} ${form === 'words' ? 'copies' : 'shares'} in different places, apart from the file. Then say so: dicom-ledger keys backup --copies-kept ${COPIES_NEEDED[form]}. "dicom-ledger keys restore --check ${file}" tells whether they are written down right.`,
    );
  }
  if (copiesKept !== undefined) await declareCopies(keys.folder, copiesKept);
}

/** Reads the words from standard input. Throws `locked` while a server uses the folder, but with `check`, which changes nothing. */
export async function keysRestore(file: string, { merge, check, ...options }: KeysRestoreOptions): Promise<void> {
  const owner = await readBackupOwner(file);
  console.error(`${file} is a backup of the keys of ${sentenceOf(owner)}.`);
  if (check) {
    const { rings } = await readBackup(file, await readKey());
    console.log(`The words open it. It has ${countOf(rings)}.`);
    return;
  }
  const config = await readKeyConfig(options);
  const wrapping = wrappingOf(config, { allowsClear: owner.chainId === BigInt(EMBEDDED_CHAIN_ID) });
  await requireOwnFolder(config.DATA_DIR);
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const lock = lockFolder(config.DATA_DIR);
  try {
    const folder = keysFolder(config.DATA_DIR);
    const backup = await readBackup(file, await readKey());
    const { restored, kept } = await restoreKeys({ folder, wrapping }, backup, { merges: merge ?? false });
    console.log(`Restored ${countOf(restored)} to ${folder}.`);
    if (kept.length > 0) console.log(`${countOf(kept)} were here already and stay as they are.`);
    console.log('Once the server has started, make a new backup: dicom-ledger keys backup <file>');
  } finally {
    lock.release();
  }
}

async function readKeyConfig({ data, settings }: KeysOptions): Promise<Config> {
  const environment = await readEnvironment(settings);
  return readConfig({ ...environment, ...(data !== undefined && { DATA_DIR: data }) });
}

/** To read keys that are there: then they may lie in the clear, whoever has let them. */
async function openKeyFolder(options: KeysOptions): Promise<KeyFolder> {
  const config = await readKeyConfig(options);
  return { folder: keysFolder(config.DATA_DIR), wrapping: wrappingOf(config, { allowsClear: true }) };
}

function wrappingOf({ KEY_COMMAND, KEY_PASSPHRASE_FILE }: Config, { allowsClear }: { allowsClear: boolean }) {
  return createKeyWrapping({ command: KEY_COMMAND, passphraseFile: KEY_PASSPHRASE_FILE, allowsClear });
}

function requireOutside(dataFolder: string, file: string): void {
  const inside = !path.relative(path.resolve(dataFolder), path.resolve(file)).startsWith('..');
  if (inside)
    throw new LedgerError('bad-request', `${file} lies in ${dataFolder}, which the backup is to outlive: take another disk.`); // prettier-ignore
}

function print(key: PrintedKey): void {
  if (key.form === 'shares') for (const { number, words } of key.shares) console.log(`${number} ${words}`);
  else {
    const words = key.words.split(' ');
    for (let at = 0; at < words.length; at += WORDS_IN_A_ROW)
      console.log(words.slice(at, at + WORDS_IN_A_ROW).join(' '));
  }
}

/** Never from the command line, which other users of this machine see. */
async function readKey(): Promise<Buffer> {
  if (process.stdin.isTTY)
    console.error('Its 24 words, or two of its shares, each after its number, in as many lines as you like:');
  let text = '';
  for await (const line of createInterface({ input: process.stdin })) {
    text += `${line}\n`;
    if (isWholeBackupKey(text)) break;
  }
  return backupKeyOfText(text);
}

function sentenceOf({ siteId, chainId, consortium }: KeyStatus['owner']): string {
  return `site ${siteId} in the consortium 0x${consortium.toString('hex')} on chain ${chainId}`;
}

function countOf(rings: readonly RingName[]): string {
  return `${rings.length} ${rings.length === 1 ? 'ring' : 'rings'}`;
}
