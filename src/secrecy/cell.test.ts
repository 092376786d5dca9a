import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { atOnce } from '../base/in-turns.js';
import { CELL_OVERHEAD, cellKeys, decryptCell, encryptCell, encryptingCell, isCommitOf } from './cell.js';
import { refusalOf } from './testing/vectors.js';

const keys = cellKeys(randomBytes(32));
const place = Buffer.from('a place');
const nonceOf = (cell: Buffer): string => cell.toString('hex', 0, 12);

describe('encryptCell', () => {
  it('gives the same cell for the same plaintext at the same place, so that a store can be repeated', () => {
    const plaintext = randomBytes(5_000);
    expect(encryptCell(keys, place, plaintext)).toEqual(encryptCell(keys, place, Buffer.from(plaintext)));
  });

  it('never gives one nonce to two plaintexts, however alike (P1)', () => {
    // The headers of one upload, sent with two acquisition dates: same instance, same study, same keys.
    const headers = ['20200301', '20200301235959', '20200302'].map((date) => Buffer.from(`AcquisitionDate=${date}`));
    const plaintexts = [
      ...headers,
      ...Array.from({ length: 256 }, (_, last) => Buffer.concat([Buffer.alloc(1_000), Buffer.from([last])])),
    ];
    const nonces = plaintexts.map((plaintext) => nonceOf(encryptCell(keys, place, plaintext)));
    expect(new Set(nonces).size).toBe(plaintexts.length);
  });

  it('gives another nonce at another place, and under another key', () => {
    const plaintext = Buffer.from('the same');
    const others = [
      encryptCell(keys, Buffer.from('another'), plaintext),
      encryptCell(cellKeys(randomBytes(32)), place, plaintext),
    ];
    const nonces = [encryptCell(keys, place, plaintext), ...others].map(nonceOf);
    expect(new Set(nonces).size).toBe(3);
  });

  it('is AES-256-GCM, with 28 bytes around the ciphertext', () => {
    const plaintext = randomBytes(100);
    const cell = encryptCell(keys, place, plaintext);
    expect(cell.length).toBe(plaintext.length + CELL_OVERHEAD);
    const decipher = createDecipheriv('aes-256-gcm', keys.aesKey, cell.subarray(0, 12));
    decipher.setAAD(place).setAuthTag(cell.subarray(-16));
    expect(Buffer.concat([decipher.update(cell.subarray(12, -16)), decipher.final()])).toEqual(plaintext);
  });
});

describe('decryptCell', () => {
  const cell = encryptCell(keys, place, Buffer.from('content'));

  it('gives the plaintext back, also none', () => {
    expect(decryptCell(keys, place, cell).toString()).toBe('content');
    expect(decryptCell(keys, place, encryptCell(keys, place, Buffer.alloc(0))).length).toBe(0);
  });

  it('refuses a flip of each single bit', async () => {
    for (let bit = 0; bit < cell.length * 8; bit++) {
      const flipped = Buffer.from(cell);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(await refusalOf(() => decryptCell(keys, place, flipped))).toBe('corrupt');
    }
  });

  it('refuses each shorter cell', async () => {
    for (let length = 0; length < cell.length; length++)
      expect(await refusalOf(() => decryptCell(keys, place, cell.subarray(0, length)))).toBe('corrupt');
  });

  it('refuses another place and another key', async () => {
    expect(await refusalOf(() => decryptCell(keys, Buffer.from('another'), cell))).toBe('corrupt');
    expect(await refusalOf(() => decryptCell(cellKeys(randomBytes(32)), place, cell))).toBe('corrupt');
  });
});

describe('isCommitOf', () => {
  it('knows the commitment of these keys from any other bytes', () => {
    expect(isCommitOf(keys, Buffer.from(keys.commit))).toBe(true);
    expect(isCommitOf(keys, cellKeys(randomBytes(32)).commit)).toBe(false);
    expect(isCommitOf(keys, keys.commit.subarray(0, 31))).toBe(false);
  });
});

describe('encryptingCell', () => {
  it.each([0, 1, 2 ** 20, 2 ** 21 + 1])('makes the same cell of %i bytes', (byteCount) => {
    const plaintext = randomBytes(byteCount);
    expect(atOnce(encryptingCell(keys, place, plaintext)).equals(encryptCell(keys, place, plaintext))).toBe(true);
  });
});
