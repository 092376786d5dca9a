import { LRUCache } from 'lru-cache';
import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { compressSegment, type Method, METHOD } from './compress-segment.js';
import { firstIndex } from './first-index.js';
import {
  segmentByteCount,
  SEGMENT_BYTES,
  segmentCount,
  indexByteCount,
  readIndex,
  writeIndexEntry,
} from './segment-index.js';

/** A coding that saves less is not worth its time. */
const MOST_LEFT = 7 / 8;
/** So much is tried at each of three places. */
const TRIED_BYTES = 8 * 1024;
/** So many segments are compressed at the same time; there are as many threads for it. */
const AT_ONCE = 4;
/** Compressed segments that are kept. Others are compressed again when they are read, which is cheaper than a file for them. */
const KEPT_BYTES = 1024 * 1024;

/**
 * The compressed body of `source` (`segment-index.ts`), or undefined when compressing it does not pay: a little of it is
 * tried first. Reads the source twice or more, a segment at a time; it must stay readable as long as the result.
 */
export async function compressedSource(source: ByteSource): Promise<ByteSource | undefined> {
  const chosen = await chooseMethod(source);
  if (chosen === undefined) return undefined;
  const kept = new LRUCache<number, Buffer>({ maxSize: KEPT_BYTES, sizeCalculation: ({ length }) => length });

  /** At worst the segment as it is. */
  async function compress(number: number): Promise<{ method: Method; bytes: Buffer }> {
    const segment = await readSegment(source, number);
    const compressed = await compressSegment(segment, chosen!);
    return compressed.length < segment.length
      ? { method: chosen!, bytes: compressed }
      : { method: METHOD.plain, bytes: segment };
  }

  const index = Buffer.alloc(indexByteCount(source.byteCount));
  let byteCount = index.length;
  const total = segmentCount(source.byteCount);
  for (let first = 0; first < total; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, total - first) }, (_, i) => first + i);
    for (const [i, { method, bytes }] of (await Promise.all(numbers.map(compress))).entries()) {
      kept.set(first + i, bytes);
      writeIndexEntry(index, first + i, { method, length: bytes.length });
      byteCount += bytes.length;
    }
  }
  if (byteCount > MOST_LEFT * source.byteCount) return undefined;
  const { offsetOf, count } = readIndex(index, { storedByteCount: byteCount });

  async function compressedSegment(number: number): Promise<Buffer> {
    const known = kept.get(number);
    if (known) return known;
    const { bytes } = await compress(number);
    kept.set(number, bytes);
    return bytes;
  }

  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const end = offset + wanted;
      const parts: Buffer[] = [];
      const first = firstIndex(count, (segment) => offsetOf(segment + 1) > offset);
      for (let number = first; number < count; number++) {
        const start = offsetOf(number);
        if (start >= end) break;
        parts.push((await compressedSegment(number)).subarray(Math.max(0, offset - start), end - start));
      }
      const indexAt = offsetOf(count);
      if (end > indexAt) parts.push(index.subarray(Math.max(0, offset - indexAt), end - indexAt));
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
  };
}

const CANDIDATES = [METHOD.samples, METHOD.deflated] as const;

/** The method that makes least of samples a quarter, half and three quarters into the source, where an object has its pixels. */
async function chooseMethod(source: ByteSource): Promise<Method | undefined> {
  const triedBytes = Math.min(TRIED_BYTES, source.byteCount);
  const samples = await Promise.all(
    [1, 2, 3].map((quarter) => {
      const middle = Math.floor((source.byteCount * quarter) / 4);
      const offset = Math.max(0, Math.min(middle, source.byteCount - triedBytes));
      // At an even offset, as segments begin, so that no 16-bit sample is cut.
      return source.read(offset - (offset % 2), triedBytes);
    }),
  );
  const lengths = await Promise.all(
    CANDIDATES.map(async (candidate) => {
      const compressed = await Promise.all(samples.map((sample) => compressSegment(sample, candidate)));
      return { candidate, length: sum(compressed) };
    }),
  );
  let best: Method | undefined;
  let least = MOST_LEFT * sum(samples);
  for (const { candidate, length } of lengths) if (length < least) [best, least] = [candidate, length];
  return best;
}

function readSegment(source: ByteSource, number: number): Promise<Buffer> {
  return source.read(number * SEGMENT_BYTES, segmentByteCount(source.byteCount, number));
}

function sum(buffers: readonly Buffer[]): number {
  return buffers.reduce((total, { length }) => total + length, 0);
}
