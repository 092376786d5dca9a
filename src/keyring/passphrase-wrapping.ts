import { randomBytes, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LedgerError } from '../base/errors.js';
import { requirePrivate } from '../base/require-private.js';
import {
  CELL_OVERHEAD,
  type CellKeys,
  cellKeys,
  decryptCell,
  encryptCell,
  isCommitOf,
  KEY_COMMITMENT_BYTES,
} from '../secrecy/cell.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import type { Wrap } from './wrap.js';

/** 128 MiB and about half a second a guess (RFC 7914; OWASP's first choice of 2024). Others would be another kind of wrapped key. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 } as const;
const SALT_BYTES = 16;
const WRAPPED_BYTES = SALT_BYTES + KEY_COMMITMENT_BYTES + CELL_OVERHEAD + KEY_BYTES;
/** Shorter ones are guessed. */
const MIN_CHARACTERS = 12;

const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);

/**
 * Wraps under the first line of a file; what was wrapped under one of its other lines is still opened, so that a passphrase can be
 * changed. Wrapped is the salt (16 bytes), the key commitment (32) and a cell of the key. This is best effort: who has kept an
 * earlier ring file and learns the passphrase opens it, whatever was erased since.
 */
export function passphraseWrapping(file: string): Wrap {
  return {
    wrap: async (fileKey) => {
      const [passphrase = ''] = await readPassphrases(file);
      const salt = randomBytes(SALT_BYTES);
      const keys = await keysOf(passphrase, salt);
      return Buffer.concat([salt, keys.commit, encryptCell(keys, salt, fileKey)]);
    },
    unwrap: async (wrapped) => {
      if (wrapped.length !== WRAPPED_BYTES)
        throw new LedgerError(
          'corrupt',
          `A key wrapped by a passphrase has ${WRAPPED_BYTES} bytes, not ${wrapped.length}.`,
        );
      const salt = wrapped.subarray(0, SALT_BYTES);
      const cellAt = SALT_BYTES + KEY_COMMITMENT_BYTES;
      for (const [line, passphrase] of (await readPassphrases(file)).entries()) {
        const keys = await keysOf(passphrase, salt);
        if (isCommitOf(keys, wrapped.subarray(SALT_BYTES, cellAt)))
          return { fileKey: decryptCell(keys, salt, wrapped.subarray(cellAt)), isOutdated: line > 0 };
      }
      throw new LedgerError(
        'misconfigured',
        `No passphrase in KEY_PASSPHRASE_FILE "${file}" is that of the rings: add the one that it had before as its second line, or restore the rings from their backup.`,
      );
    },
  };
}

async function keysOf(passphrase: string, salt: Buffer): Promise<CellKeys> {
  // NFC, so that the same characters are the same bytes on every machine (RFC 8265 §4.2.2).
  return cellKeys(await derive(passphrase.normalize('NFC'), salt, KEY_BYTES, SCRYPT));
}

/** One a line, the present one first. */
async function readPassphrases(file: string): Promise<string[]> {
  await requirePrivate({ KEY_PASSPHRASE_FILE: file });
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('misconfigured', `KEY_PASSPHRASE_FILE "${file}" cannot be read (${cause.code}).`, { cause });
  });
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const [first = ''] = lines;
  if (first.length < MIN_CHARACTERS)
    throw new LedgerError(
      'misconfigured',
      `The passphrase in KEY_PASSPHRASE_FILE "${file}" has ${first.length} characters; it needs ${MIN_CHARACTERS}. "openssl rand -base64 24" makes a good one.`,
    );
  return lines;
}
