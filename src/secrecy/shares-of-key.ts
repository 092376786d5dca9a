import { combine, split } from 'shamir-secret-sharing';
import { LedgerError } from '../base/errors.js';
import { exactly, KEY_BYTES } from './labels.js';
import { keyOfWords, wordsOfKey } from './words-of-key.js';

const SHARES = 3;
const SHARES_NEEDED = 2;

/** One of three parts of a backup key, of which any two give it and one tells nothing. */
export interface KeyShare {
  /** 1 to 255, another one in each share. */
  number: number;
  /** 24 words. */
  words: string;
}

/** Shares of a key by Shamir's scheme, byte by byte in GF(2⁸) (package `shamir-secret-sharing`, audited twice). */
export async function sharesOfKey(key: Buffer): Promise<KeyShare[]> {
  const shares = await split(Uint8Array.from(exactly(KEY_BYTES, key)), SHARES, SHARES_NEEDED);
  return shares.map((share) => ({
    number: share[KEY_BYTES]!,
    words: wordsOfKey(Buffer.from(share.subarray(0, KEY_BYTES))),
  }));
}

/**
 * The key of two shares. Two of different keys give a third key, which only the file can tell (`readRingsFile`). Throws
 * `bad-request` for fewer than two, for one twice, and for words that are none.
 */
export async function keyOfShares(shares: readonly KeyShare[]): Promise<Buffer> {
  const numbers = new Set(shares.map(({ number }) => number));
  if (numbers.size < SHARES_NEEDED || numbers.size !== shares.length)
    throw new LedgerError('bad-request', `A key takes ${SHARES_NEEDED} different shares of its ${SHARES}.`);
  for (const number of numbers)
    if (!Number.isInteger(number) || number < 1 || number > 255)
      throw new LedgerError('bad-request', `A share has a number from 1 to 255, not ${number}.`);
  const parts = shares.map(({ number, words }) => Uint8Array.from([...keyOfWords(words), number]));
  return Buffer.from(await combine(parts));
}
