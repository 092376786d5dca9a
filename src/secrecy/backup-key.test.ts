import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyOfShares, keyOfWords, sharesOfKey, wordsOfKey } from './backup-key.js';
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

describe('sharesOfKey', () => {
  it('gives three shares, of which each two give the key', async () => {
    const shares = await sharesOfKey(key);
    expect(shares.length).toBe(3);
    for (const left of shares) expect(await keyOfShares(shares.filter((share) => share !== left))).toEqual(key);
    expect(await keyOfShares(shares)).toEqual(key);
  });

  it('gives other shares each time, and none has a byte pattern of the key', async () => {
    const [one, other] = [await sharesOfKey(key), await sharesOfKey(key)];
    const words = [...one, ...other].map((share) => share.words);
    expect(new Set([...words, wordsOfKey(key)]).size).toBe(7);
  });

  it('refuses one share, one twice, and a number that no share has', async () => {
    const [one, other] = await sharesOfKey(key);
    const wrong = [[], [one!], [one!, one!], [one!, { ...other!, number: 0 }], [one!, { ...other!, number: 256 }]];
    for (const shares of wrong) expect(await refusalOf(() => keyOfShares(shares))).toBe('bad-request');
  });
});
