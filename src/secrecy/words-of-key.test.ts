import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyOfWords, wordsOfKey } from './words-of-key.js';
import { refusalOf } from './testing/vectors.js';

const key = randomBytes(32);

describe('wordsOfKey', () => {
  it('gives 24 words that give the key back, whatever the case and the blanks', () => {
    const words = wordsOfKey(key);
    expect(words.split(' ').length).toBe(24);
    expect(keyOfWords(words)).toEqual(key);
    expect(keyOfWords(`  ${words.toUpperCase().replaceAll(' ', ' \n ')}\n`)).toEqual(key);
  });

  it('has a checksum: a word too few, misspelt, or two of them swapped, and never says the words', async () => {
    // All zero bytes: 23 times "abandon" and the checksum's "art", of BIP-39's own test vectors.
    const words = wordsOfKey(Buffer.alloc(32));
    expect(words).toBe(`${'abandon '.repeat(23)}art`);
    const wrong = [words.slice(0, -4), words.replace('art', 'arte'), words.replace('abandon', 'zoo'), ''];
    for (const one of wrong) {
      expect(await refusalOf(() => keyOfWords(one))).toBe('bad-request');
      expect(() => keyOfWords(one)).toThrow(/^(?!.*abandon)/);
    }
  });

  it('takes 24 words and no fewer, of which BIP-39 has valid ones', async () => {
    expect(await refusalOf(() => keyOfWords(`${'abandon '.repeat(11)}about`))).not.toBe('nothing was refused');
  });
});
