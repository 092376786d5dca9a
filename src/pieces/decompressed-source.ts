import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { LedgerError } from '../base/errors.js';
import { decompressSegment } from './compress-segment.js';
import {
  segmentByteCount,
  SEGMENT_BYTES,
  segmentCount,
  type SegmentIndex,
  indexByteCount,
  readIndex,
} from './segment-index.js';
import { streamAhead, type StreamSource } from './stream-ahead.js';

/** About 1 MB of pieces at the usual ratios. */
const BATCH_SEGMENTS = 32;
/** So much of the end is read together with the index: most slices have no more. */
const TAIL_BYTES = 128 * 1024;

export interface DecompressedOptions {
  /** Of the bytes as they were given. */
  byteCount: number;
  /** What is read together with the index begins at a multiple of it, where a piece begins. */
  pieceBytes: number;
}

/**
 * The bytes that were given, out of a compressed body; its index is read once, and else only the segments that hold what is asked
 * for. All reads reject with `corrupt` when that is no compressed body of so many bytes.
 */
export function decompressedSource(stored: ByteSource, { byteCount, pieceBytes }: DecompressedOptions): StreamSource {
  let opened: Promise<Tail> | undefined;
  // A read that fails is not remembered: the node may answer the next time.
  const open = (): Promise<Tail> =>
    (opened ??= readTail(stored, { byteCount, pieceBytes }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));

  const source: ByteSource = {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      if (wanted === 0) return Buffer.alloc(0);
      const tail = await open();
      const first = Math.floor(offset / SEGMENT_BYTES);
      const end = Math.ceil((offset + wanted) / SEGMENT_BYTES);
      const start = tail.index.offsetOf(first);
      const bytes = await readBeforeOrIn(stored, tail, { from: start, to: tail.index.offsetOf(end) });
      const firstByte = first * SEGMENT_BYTES;
      const given = Buffer.allocUnsafeSlow(Math.min(end * SEGMENT_BYTES, byteCount) - firstByte);
      for (let segment = first; segment < end; segment++) {
        const one = bytes.subarray(tail.index.offsetOf(segment) - start, tail.index.offsetOf(segment + 1) - start);
        const at = segment * SEGMENT_BYTES - firstByte;
        const target = given.subarray(at, at + segmentByteCount(byteCount, segment));
        decompressSegment(one, tail.index.methodOf(segment), target);
      }
      const skip = offset - firstByte;
      return given.subarray(skip, skip + wanted);
    },
  };
  return {
    ...source,
    stream: (offset, wanted) =>
      streamAhead(source, { offset, byteCount: wanted, batchBytes: BATCH_SEGMENTS * SEGMENT_BYTES }),
  };
}

/** The end of a compressed body from byte `from` on. */
interface Tail {
  index: SegmentIndex;
  from: number;
  bytes: Buffer;
}

async function readTail(stored: ByteSource, { byteCount, pieceBytes }: DecompressedOptions): Promise<Tail> {
  const indexAt = stored.byteCount - indexByteCount(byteCount);
  if (indexAt < 0)
    throw new LedgerError(
      'corrupt',
      `A packed body of ${stored.byteCount} bytes has no room for the index of ${segmentCount(byteCount)} blocks.`,
    );
  const first = Math.max(0, Math.min(indexAt, stored.byteCount - TAIL_BYTES));
  const from = first - (first % pieceBytes);
  const bytes = await stored.read(from, stored.byteCount - from);
  const index = readIndex(bytes.subarray(indexAt - from), { storedByteCount: stored.byteCount });
  return { index, from, bytes };
}

async function readBeforeOrIn(stored: ByteSource, tail: Tail, { from, to }: { from: number; to: number }) {
  if (from >= tail.from) return tail.bytes.subarray(from - tail.from, to - tail.from);
  if (to <= tail.from) return stored.read(from, to - from);
  const before = await stored.read(from, tail.from - from);
  return Buffer.concat([before, tail.bytes.subarray(0, to - tail.from)]);
}
