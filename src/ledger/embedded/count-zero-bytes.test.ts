import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { countZeroBytes } from './count-zero-bytes.js';

describe('countZeroBytes', () => {
  it('counts at every place and of every length, whatever stands beside a zero', () => {
    const bytes = randomBytes(64);
    for (const value of [0x00, 0x01, 0x7f, 0x80, 0x81, 0xff])
      for (let at = 0; at < 24; at++) {
        bytes[at] = value;
        bytes[at + 1] = 0;
        for (let from = 0; from < 8; from++)
          for (let to = from; to < 40; to++) {
            const part = bytes.subarray(from, to);
            expect(countZeroBytes(part)).toBe([...part].filter((byte) => byte === 0).length);
          }
      }
  });

  it('counts a chunk of zeros, and one of none', () => {
    expect(countZeroBytes(new Uint8Array(24_577))).toBe(24_577);
    expect(countZeroBytes(new Uint8Array(24_577).fill(1))).toBe(0);
  });
});
