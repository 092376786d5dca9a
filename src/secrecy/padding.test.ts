import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { padmeByteCount, padSmallBody, unpadSmallBody, withoutPadding } from './padding.js';
import { refusalOf } from './testing/vectors.js';

describe('padSmallBody', () => {
  it.each([
    [0, 4_096],
    [4_092, 4_096],
    [4_093, 8_192],
    [30_720, 32_768],
  ])('fills %i bytes up to %i, and gives them back', (byteCount, padded) => {
    const content = randomBytes(byteCount);
    expect(padSmallBody(content).length).toBe(padded);
    expect(unpadSmallBody(padSmallBody(content)).equals(content)).toBe(true);
  });
});

describe('unpadSmallBody', () => {
  it('refuses a single bit in the padding, and a length that is longer than the body', async () => {
    for (const at of [4 + 3, 4_095]) {
      const changed = padSmallBody(Buffer.from('abc'));
      changed[at] = 1;
      expect(await refusalOf(() => unpadSmallBody(changed))).toBe('corrupt');
    }
    const short = padSmallBody(Buffer.alloc(4_092));
    short.writeUInt32BE(4_093);
    expect(await refusalOf(() => unpadSmallBody(short))).toBe('corrupt');
  });

  it('takes a body without padding, which PADDING=off writes', () => {
    expect(unpadSmallBody(Buffer.from('00000003616263', 'hex')).toString()).toBe('abc');
  });
});

describe('padmeByteCount', () => {
  it('is never less, at most 12 % more, and leaves few lengths (P13)', () => {
    const lengths = Array.from({ length: 30_000 }, (_, i) => 200_000 + i * 7);
    const padded = lengths.map(padmeByteCount);
    expect(lengths.filter((length, at) => padded[at]! < length || padded[at]! > 1.12 * length)).toEqual([]);
    expect(padded.filter((length) => padmeByteCount(length) !== length)).toEqual([]);
    // From 200,007 to 409,993 bytes: steps of 4,096 up to 262,144, then of 8,192.
    expect(new Set(padded).size).toBe(Math.ceil((262_144 - 200_000) / 4_096) + Math.ceil((409_993 - 262_144) / 8_192));
  });
});

describe('withoutPadding', () => {
  it('gives what is before the padding, which is zero or refused', async () => {
    expect(withoutPadding(Buffer.from('ab\0\0'), 2).toString()).toBe('ab');
    expect(withoutPadding(Buffer.from('ab'), 2).toString()).toBe('ab');
    expect(await refusalOf(() => withoutPadding(Buffer.from('ab\0c'), 2))).toBe('corrupt');
  });
});
