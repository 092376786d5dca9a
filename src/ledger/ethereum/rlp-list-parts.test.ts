import { describe, expect, it } from '@jest/globals';
import { RLP } from '@ethereumjs/rlp';
import { rlpListParts } from './rlp-list-parts.js';

describe('rlpListParts', () => {
  it.each([0, 1, 54, 55, 56, 255, 256, 65_535, 65_536, 131_072])(
    'is what the RLP library makes of a list with an item of %d bytes',
    (byteCount) => {
      const items = [7, 0, 2n ** 70n, Buffer.alloc(0), Buffer.alloc(byteCount, 0xab), Buffer.of(0x7f)];
      expect(Buffer.concat(rlpListParts(items)).equals(RLP.encode(items))).toBe(true);
    },
  );

  it('is what the RLP library makes of a list of 55 and of 56 bytes', () => {
    for (const byteCount of [0, 54, 55]) {
      const items = byteCount === 0 ? [] : [Buffer.alloc(byteCount, 0xcd)];
      expect(Buffer.concat(rlpListParts(items)).equals(RLP.encode(items))).toBe(true);
    }
  });

  it('hands out long items as they are', () => {
    const long = Buffer.alloc(56);
    expect(rlpListParts([1, long]).some((part) => part === long)).toBe(true);
  });
});
