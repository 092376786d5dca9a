import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { requireWithin } from '../base/byte-source.js';
import { inFolder } from '../archive/testing/parts.js';
import { cachedSource } from './cached-source.js';
import { EXTENT_BYTES, openExtentCache } from './extent-cache.js';
import type { StreamSource } from './stream-ahead.js';

const owner = { imageId: '0xa1', contentKey: 'c0' };

/** Notes what is read of the bytes: `offset+byteCount`. Gives them in parts that end at multiples of `partBytes`, where that is given. */
function notedSource(bytes: Buffer, partBytes?: number): StreamSource & { reads: string[] } {
  const reads: string[] = [];
  const read = async (offset: number, byteCount: number): Promise<Buffer> => {
    requireWithin(offset, byteCount, bytes.length);
    reads.push(`${offset}+${byteCount}`);
    return bytes.subarray(offset, offset + byteCount);
  };
  const inParts = (size: number) => async (offset: number, byteCount: number) => {
    const all = await read(offset, byteCount);
    const ends = [...Array(Math.ceil(bytes.length / size)).keys()].map((part) => (part + 1) * size - offset);
    const cuts = [0, ...ends.filter((end) => end > 0 && end < byteCount), byteCount];
    return cuts.slice(1).map((end, i) => all.subarray(cuts[i], end));
  };
  return {
    reads,
    byteCount: bytes.length,
    read,
    ...(partBytes !== undefined && { readParts: inParts(partBytes) }),
    stream: async function* (offset, byteCount) {
      reads.push(`stream ${offset}+${byteCount}`);
      yield bytes.subarray(offset, offset + byteCount);
    },
  };
}

async function whole(chunks: AsyncIterable<Buffer> | readonly Buffer[]): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('cachedSource', () => {
  it.each([
    ['in one buffer', undefined],
    ['in cells', 65_536],
    ['in parts that end anywhere', 100_001],
    ['in parts larger than an extent', 2 * EXTENT_BYTES + 5],
  ])('reads and streams ranges of what comes %s, from the source once and then from the cache', (_, partBytes) =>
    inFolder(async (folder) => {
      const bytes = randomBytes(3 * EXTENT_BYTES + 77);
      const source = notedSource(bytes, partBytes);
      const cache = await openExtentCache({ folder, maxBytes: 100 * EXTENT_BYTES });
      const cached = cachedSource(cache, owner, source);
      const edges = [0, 1, EXTENT_BYTES - 1, EXTENT_BYTES, EXTENT_BYTES + 1, 3 * EXTENT_BYTES, bytes.length];
      for (const from of edges)
        for (const to of edges.filter((edge) => edge >= from)) {
          const range = bytes.subarray(from, to);
          expect((await cached.read(from, to - from)).equals(range)).toBe(true);
          expect((await whole(cached.stream(from, to - from))).equals(range)).toBe(true);
        }
      const extents = [0, 1, 2, 3].map((extent) => extent * EXTENT_BYTES);
      const starts = source.reads.map((read) => Number(read.split('+')[0]));
      expect(new Set(starts).size).toBe(starts.length);
      expect(starts.every((start) => extents.includes(start))).toBe(true);
      await cache.written();
    }),
  );

  it('reads the extent that holds the range and no other', () =>
    inFolder(async (folder) => {
      const source = notedSource(randomBytes(3 * EXTENT_BYTES));
      const cache = await openExtentCache({ folder, maxBytes: 100 * EXTENT_BYTES });
      const cached = cachedSource(cache, owner, source);
      await cached.read(EXTENT_BYTES + 5, 10);
      await cached.read(2 * EXTENT_BYTES - 5, 5);
      await cached.read(9, 0);
      expect(source.reads).toEqual([`${EXTENT_BYTES}+${EXTENT_BYTES}`]);
      await cache.written();
    }));

  it('streams the extents that the cache keeps, and no copies of them', () =>
    inFolder(async (folder) => {
      const cache = await openExtentCache({ folder, maxBytes: 100 * EXTENT_BYTES });
      const bytes = randomBytes(3 * EXTENT_BYTES);
      const streamed: Buffer[] = [];
      for await (const part of cachedSource(cache, owner, notedSource(bytes)).stream(0, bytes.length))
        streamed.push(part);
      const kept = cache.atHand(owner, { from: 0, to: 3 })!;
      expect(streamed.map(({ buffer }) => buffer)).toEqual(kept.map(({ buffer }) => buffer));
      expect(streamed.every(({ buffer }, i) => buffer === kept[i]!.buffer)).toBe(true);
      await cache.written();
    }));

  it('streams past the cache what would take too much of it', () =>
    inFolder(async (folder) => {
      const bytes = randomBytes(3 * EXTENT_BYTES);
      const source = notedSource(bytes);
      const cache = await openExtentCache({ folder, maxBytes: 16 * EXTENT_BYTES });
      const streamed = await whole(cachedSource(cache, owner, source).stream(0, bytes.length));
      expect(streamed.equals(bytes)).toBe(true);
      await cache.written();
      expect([source.reads, cache.byteCount]).toEqual([[`stream 0+${bytes.length}`], 0]);
    }));

  it.each([
    [0, 36],
    [35, 1],
    [-1, 2],
  ])('refuses to read %d+%d of 35 bytes', (offset, byteCount) =>
    inFolder(async (folder) => {
      const cache = await openExtentCache({ folder, maxBytes: 1000 });
      const cached = cachedSource(cache, owner, notedSource(randomBytes(35)));
      await expect(cached.read(offset, byteCount)).rejects.toMatchObject({ code: 'corrupt' });
      await expect(whole(cached.stream(offset, byteCount))).rejects.toMatchObject({ code: 'corrupt' });
    }),
  );
});
