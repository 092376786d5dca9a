import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeRange, pieceCount, piecesOfRange } from './pieces.js';

describe('pieces', () => {
  it('counts pieces at, below and above a multiple of their size', () => {
    expect([0, 1, 30719, 30720, 30721, 61440].map((byteCount) => pieceCount(byteCount, 30720))).toEqual([
      0, 1, 1, 1, 2, 2,
    ]);
  });

  it('gives any range of a body back from the named pieces alone', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(400),
        fc.nat(400),
        (bytes, pieceBytes, a, b) => {
          const body = Buffer.from(bytes);
          const offset = Math.min(a, body.length);
          const byteCount = Math.min(b, body.length - offset);
          const { first, count, skip } = piecesOfRange(offset, byteCount, pieceBytes);
          const pieces = Array.from({ length: count }, (_, i) =>
            body.subarray((first + i) * pieceBytes, (first + i + 1) * pieceBytes),
          );
          expect(pieces.every((piece) => piece.length > 0)).toBe(true);
          expect(mergeRange(pieces, skip, byteCount).equals(body.subarray(offset, offset + byteCount))).toBe(true);
        },
      ),
    );
  });
});
