import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { openScratch } from './scratch.js';

async function* inParts(bytes: Buffer, partBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

describe('openScratch', () => {
  it('gives all that came, of any size, one after the other and at the same time', async () => {
    const scratch = openScratch();
    const copy = (bytes: Buffer): Buffer => Buffer.from(bytes);
    for (const byteCount of [0, 1, 65_535, 65_536, 65_537, 200_000, 9_000_000, 10]) {
      const bytes = randomBytes(byteCount);
      expect((await scratch.gather(inParts(bytes, 30_000), copy)).equals(bytes)).toBe(true);
    }
    const many = Array.from({ length: 10 }, (_, i) => randomBytes(40_000 * i));
    const back = await Promise.all(many.map((bytes) => scratch.gather(inParts(bytes, 1_000), copy)));
    expect(back.every((bytes, i) => bytes.equals(many[i]!))).toBe(true);
  });

  it('rejects with what the source or the reader throws, and goes on', async () => {
    const scratch = openScratch();
    const fail = (): never => {
      throw new Error('no');
    };
    await expect(scratch.gather(inParts(Buffer.alloc(5), 1), fail)).rejects.toThrow('no');
    expect(await scratch.gather(inParts(Buffer.alloc(5), 1), ({ length }) => length)).toBe(5);
  });
});
