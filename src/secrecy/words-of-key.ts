import { Mnemonic } from 'ethers/wallet';
import { LedgerError } from '../base/errors.js';
import { exactly, KEY_BYTES } from './labels.js';

/** A backup key to be printed: 24 English words with a checksum (BIP-39). */
export function wordsOfKey(key: Buffer): string {
  return Mnemonic.fromEntropy(exactly(KEY_BYTES, key)).phrase;
}

/** Takes `wordsOfKey` back, whatever the case and the blanks. Throws `bad-request` when a word or the checksum is wrong. */
export function keyOfWords(words: string): Buffer {
  try {
    const phrase = words.trim().toLowerCase().split(/\s+/).join(' ');
    return exactly(KEY_BYTES, Buffer.from(Mnemonic.fromPhrase(phrase).entropy.slice(2), 'hex'));
  } catch {
    // Without the cause, which may have the words.
    throw new LedgerError('bad-request', 'These are not the 24 words of a key: one of them is missing or misspelt.');
  }
}
