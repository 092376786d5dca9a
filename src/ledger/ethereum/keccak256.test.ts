import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import createKeccakHash from 'keccak';
import { keccak256 } from './keccak256.js';

describe('keccak256', () => {
  it('gives the known hashes of nothing and of "abc"', () => {
    expect(keccak256().toString('hex')).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    expect(keccak256(Buffer.from('a'), Buffer.from('bc')).toString('hex')).toBe(
      '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45',
    );
  });

  it('hashes lengths around its block of 136 bytes, one after the other, whole and in parts', () => {
    for (const size of [0, 1, 135, 136, 137, 271, 272, 273, 24_575]) {
      const bytes = randomBytes(size);
      const expected = createKeccakHash('keccak256').update(bytes).digest();
      expect(keccak256(bytes)).toEqual(expected);
      expect(keccak256(bytes.subarray(0, size >> 1), bytes.subarray(size >> 1))).toEqual(expected);
    }
  });

  it('leaves earlier hashes alone', () => {
    const first = keccak256(Buffer.from('first'));
    const copy = Buffer.from(first);
    keccak256(Buffer.from('second'));
    expect(first).toEqual(copy);
  });
});
