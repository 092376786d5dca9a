import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { inTurns } from '../base/in-turns.js';
import { writeDurably } from '../base/write-durably.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import {
  type HeldRing,
  readRingsFile,
  readRingsFileHead,
  type RingsOwner,
  writingRingsFile,
} from '../secrecy/rings-file.js';
import type { KeyWrapping } from './key-wrapping.js';

/** What is in a ring file, and whose it is. */
export interface RingFile {
  owner: RingsOwner;
  rings: HeldRing[];
  /** Whether its key was wrapped in another way than it would be today. */
  isOutdated: boolean;
}

/** The file of the rings in the folder of the keys. */
export const ringFile = (folder: string): string => path.join(folder, 'rings');

/**
 * Reads the ring file; undefined when there is none. Throws `misconfigured` when it can't be opened, with what to do: nothing but
 * this file and its backup has the keys, so nothing ever takes its place by itself.
 */
export async function readRingFile(folder: string, wrapping: KeyWrapping): Promise<RingFile | undefined> {
  const file = ringFile(folder);
  try {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (!bytes) return undefined;
    const { owner, wrappedKey } = readRingsFileHead('ring', bytes);
    const { fileKey, isOutdated } = await wrapping.unwrap(wrappedKey);
    return { owner, rings: readRingsFile('ring', bytes, fileKey), isOutdated };
  } catch (cause) {
    const { message } = cause as Error;
    throw new LedgerError(
      'misconfigured',
      `The keys of this archive in ${file} cannot be opened. ${message} If the file is lost, move it away and run "dicom-ledger keys restore" with a backup of the keys.`,
      { cause },
    );
  }
}

/** Replaces the ring file whole, under a new file key. Whatever stops it, the file of before or that of after is there. */
export async function replaceRingFile(
  folder: string,
  wrapping: KeyWrapping,
  { owner, rings }: { owner: RingsOwner; rings: readonly HeldRing[] },
): Promise<void> {
  const fileKey = randomBytes(KEY_BYTES);
  const wrappedKey = await wrapping.wrap(fileKey);
  const bytes = await inTurns(writingRingsFile('ring', { owner, rings }, { fileKey, wrappedKey }));
  await writeDurably(ringFile(folder), bytes, { mode: 0o600 });
}

/** Takes away what an interrupted `replaceRingFile` has left. */
export async function removeUnfinished(folder: string): Promise<void> {
  await rm(`${ringFile(folder)}.new`, { force: true });
}

/** Throws `misconfigured` when keys are those of another chain, consortium or site than the server's, naming what differs. */
export function requireOwner(found: RingsOwner, expected: RingsOwner, where: string): void {
  const differences = [
    [found.chainId !== expected.chainId, `chain ${found.chainId}, not ${expected.chainId}`],
    [
      !found.consortium.equals(expected.consortium),
      `the consortium 0x${found.consortium.toString('hex')}, not 0x${expected.consortium.toString('hex')}`,
    ],
    [found.siteId !== expected.siteId, `site ${found.siteId}, not ${expected.siteId}`],
  ] as const;
  const differ = differences.filter(([isSo]) => isSo).map(([, what]) => what);
  if (differ.length === 0) return;
  throw new LedgerError(
    'misconfigured',
    `The keys in ${where} are those of ${differ.join(', and of ')}. Set DATA_DIR, LEDGER_URL and LEDGER_CONTRACT to what belongs together. If their archive is gone for good, move them away, and the server begins new ones.`,
  );
}
