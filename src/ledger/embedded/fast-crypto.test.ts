import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { keccak256 } from '../ethereum/keccak256.js';
import { keccak256Once } from './fast-crypto.js';

const hashes = (bytes: Uint8Array): void =>
  expect(Buffer.from(keccak256Once(bytes)).equals(keccak256(bytes))).toBe(true);

describe('keccak256Once', () => {
  it.each([0, 32, 1_023, 1_024, 24_587, 24_640, 24_641, 49_152, 130_000])(
    'hashes %d bytes, and the same again',
    (byteCount) => {
      const bytes = randomBytes(byteCount);
      hashes(bytes);
      hashes(Uint8Array.from(bytes));
    },
  );

  it('hashes bytes that were changed in their place', () => {
    const bytes = randomBytes(24_587);
    hashes(bytes);
    bytes[24_586]! ^= 1;
    hashes(bytes);
    hashes(bytes.subarray(1));
    hashes(bytes);
  });

  it('hashes what was hashed long before, and what differs from it outside of the sample', () => {
    const all = Array.from({ length: 600 }, () => randomBytes(1_500));
    for (const bytes of [...all, ...all, ...all.toReversed()]) hashes(bytes);
    for (const bytes of all) {
      bytes[1_499]! ^= 1;
      hashes(bytes);
    }
  });

  it('keeps its answer from who changes it', () => {
    const bytes = randomBytes(2_000);
    keccak256Once(bytes).fill(0);
    hashes(bytes);
  });
});
