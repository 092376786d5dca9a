import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { type Gathering, createScratch } from './scratch.js';

const copy = (bytes: Buffer): Buffer => Buffer.from(bytes);
function addAll(gathering: Gathering, bytes: Buffer, partBytes: number): void {
  for (let at = 0; at < bytes.length; at += partBytes) gathering.add(bytes.subarray(at, at + partBytes));
}

describe('openScratch', () => {
  it('gives all that came, of any size, one after the other and at the same time', () => {
    const scratch = createScratch();
    for (const byteCount of [0, 1, 65_535, 65_536, 65_537, 200_000, 9_000_000, 10]) {
      const bytes = randomBytes(byteCount);
      const gathering = scratch.begin();
      addAll(gathering, bytes, 30_000);
      expect(gathering.read(copy).equals(bytes)).toBe(true);
    }
    const many = Array.from({ length: 10 }, (_, i) => ({ bytes: randomBytes(40_000 * i), gathering: scratch.begin() }));
    many.forEach(({ gathering, bytes }) => addAll(gathering, bytes, 1_000));
    expect(many.every(({ gathering, bytes }) => gathering.read(copy).equals(bytes))).toBe(true);
  });

  it('throws what the reader throws, and goes on, also after what was dropped', () => {
    const scratch = createScratch();
    const failing = scratch.begin();
    failing.add(Buffer.alloc(5));
    expect(() =>
      failing.read(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    const dropped = scratch.begin();
    dropped.add(Buffer.alloc(7));
    dropped.drop();
    const next = scratch.begin();
    next.add(Buffer.alloc(5));
    expect(next.read(({ length }) => length)).toBe(5);
  });
});
