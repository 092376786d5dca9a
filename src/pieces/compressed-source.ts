import { LRUCache } from 'lru-cache';
import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { compressSegment, type Method, METHOD } from './segment-codec.js';
import { firstIndex } from './first-index.js';
import {
  segmentByteCount,
  SEGMENT_BYTES,
  segmentCount,
  indexByteCount,
  readIndex,
  writeIndexEntry,
} from './segment-index.js';

/** Packing that saves less is not worth its time. */
const MOST_LEFT = 7 / 8;
/** So much is tried at each of three places. */
const TRIED_BYTES = 8 * 1024;
/** Packed blocks that are kept; what is asked for after is packed again, which is cheaper than a file for it. */
const KEPT_BYTES = 1024 * 1024;

/**
 * The packed body of `source` (packed-layout.ts), or undefined when packing it does not pay: a little of it is tried
 * first. Reads the source twice or more, a block at a time; it must stay readable as long as the result.
 */
export async function compressedSource(source: ByteSource): Promise<ByteSource | undefined> {
  const chosen = await chooseWay(source);
  if (chosen === undefined) return undefined;
  const kept = new LRUCache<number, Buffer>({ maxSize: KEPT_BYTES, sizeCalculation: ({ length }) => length });

  /** At worst the block as it is. */
  async function pack(number: number): Promise<{ way: Method; bytes: Buffer }> {
    const block = await readBlock(source, number);
    const packed = await compressSegment(block, chosen!);
    return packed.length < block.length ? { way: chosen!, bytes: packed } : { way: METHOD.plain, bytes: block };
  }

  const index = Buffer.alloc(indexByteCount(source.byteCount));
  let byteCount = index.length;
  for (let number = 0; number < segmentCount(source.byteCount); number++) {
    const packed = await pack(number);
    kept.set(number, packed.bytes);
    writeIndexEntry(index, number, { way: packed.way, length: packed.bytes.length });
    byteCount += packed.bytes.length;
  }
  if (byteCount > MOST_LEFT * source.byteCount) return undefined;
  const { offsetOf, count } = readIndex(index, { packedByteCount: byteCount });

  async function packedBlock(number: number): Promise<Buffer> {
    const known = kept.get(number);
    if (known) return known;
    const { bytes } = await pack(number);
    kept.set(number, bytes);
    return bytes;
  }

  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const end = offset + wanted;
      const parts: Buffer[] = [];
      const first = firstIndex(count, (block) => offsetOf(block + 1) > offset);
      for (let number = first; number < count; number++) {
        const start = offsetOf(number);
        if (start >= end) break;
        parts.push((await packedBlock(number)).subarray(Math.max(0, offset - start), end - start));
      }
      const indexAt = offsetOf(count);
      if (end > indexAt) parts.push(index.subarray(Math.max(0, offset - indexAt), end - indexAt));
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
  };
}

/** The way that makes least of what stands a quarter, half and three quarters in, where an object has its pixels. */
async function chooseWay(source: ByteSource): Promise<Method | undefined> {
  const triedBytes = Math.min(TRIED_BYTES, source.byteCount);
  const samples = await Promise.all(
    [1, 2, 3].map((quarter) => {
      const middle = Math.floor((source.byteCount * quarter) / 4);
      const offset = Math.max(0, Math.min(middle, source.byteCount - triedBytes));
      // As blocks begin, so that samples are not cut.
      return source.read(offset - (offset % 2), triedBytes);
    }),
  );
  let best: Method | undefined;
  let least = MOST_LEFT * sum(samples);
  for (const candidate of [METHOD.samples, METHOD.deflated]) {
    const length = sum(await Promise.all(samples.map((sample) => compressSegment(sample, candidate))));
    if (length < least) [best, least] = [candidate, length];
  }
  return best;
}

function readBlock(source: ByteSource, number: number): Promise<Buffer> {
  return source.read(number * SEGMENT_BYTES, segmentByteCount(source.byteCount, number));
}

function sum(buffers: readonly Buffer[]): number {
  return buffers.reduce((total, { length }) => total + length, 0);
}
