import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyOfShares, sharesOfKey } from './shares-of-key.js';
import { refusalOf } from './testing/vectors.js';
import { wordsOfKey } from './words-of-key.js';

const key = randomBytes(32);

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
