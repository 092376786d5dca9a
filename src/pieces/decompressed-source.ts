import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { LedgerError } from '../base/errors.js';
import { decompressSegment } from './segment-codec.js';
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
const BATCH_BLOCKS = 32;
/** What is read with the index: of most slices all there is. */
const TAIL_BYTES = 128 * 1024;

export interface DecompressedOptions {
  /** Of the bytes as they were given. */
  byteCount: number;
  /** What is read of the packed body with its index begins at a multiple. */
  pieceBytes: number;
}

/**
 * The bytes that were given, out of a packed body; only the blocks that hold what is asked are read, and once the index. All
 * reads reject with `corrupt` when that is no packed body of so many bytes.
 */
export function decompressedSource(packed: ByteSource, { byteCount, pieceBytes }: DecompressedOptions): StreamSource {
  let opened: Promise<Tail> | undefined;
  // A read that fails is not remembered: the node may answer the next time.
  const open = (): Promise<Tail> =>
    (opened ??= readTail(packed, { byteCount, pieceBytes }).catch((error: unknown) => {
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
      const bytes = await readBeforeOrIn(packed, tail, { from: start, to: tail.index.offsetOf(end) });
      const blocks: Buffer[] = [];
      for (let block = first; block < end; block++) {
        const one = bytes.subarray(tail.index.offsetOf(block) - start, tail.index.offsetOf(block + 1) - start);
        blocks.push(decompressSegment(one, tail.index.wayOf(block), segmentByteCount(byteCount, block)));
      }
      const skip = offset - first * SEGMENT_BYTES;
      return (blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)).subarray(skip, skip + wanted);
    },
  };
  return {
    ...source,
    stream: (offset, wanted) =>
      streamAhead(source, { offset, byteCount: wanted, batchBytes: BATCH_BLOCKS * SEGMENT_BYTES }),
  };
}

/** The end of a packed body from byte `from` on. */
interface Tail {
  index: SegmentIndex;
  from: number;
  bytes: Buffer;
}

async function readTail(packed: ByteSource, { byteCount, pieceBytes }: DecompressedOptions): Promise<Tail> {
  const indexAt = packed.byteCount - indexByteCount(byteCount);
  if (indexAt < 0)
    throw new LedgerError(
      'corrupt',
      `A packed body of ${packed.byteCount} bytes has no room for the index of ${segmentCount(byteCount)} blocks.`,
    );
  const first = Math.max(0, Math.min(indexAt, packed.byteCount - TAIL_BYTES));
  const from = first - (first % pieceBytes);
  const bytes = await packed.read(from, packed.byteCount - from);
  const index = readIndex(bytes.subarray(indexAt - from), { packedByteCount: packed.byteCount });
  return { index, from, bytes };
}

async function readBeforeOrIn(packed: ByteSource, tail: Tail, { from, to }: { from: number; to: number }) {
  if (from >= tail.from) return tail.bytes.subarray(from - tail.from, to - tail.from);
  if (to <= tail.from) return packed.read(from, to - from);
  const before = await packed.read(from, tail.from - from);
  return Buffer.concat([before, tail.bytes.subarray(0, to - tail.from)]);
}
