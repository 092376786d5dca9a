import { LedgerError } from '../base/errors.js';

/**
 * A packed body (scheme 1): the given bytes in blocks of 64 KiB, each packed by itself, one after the other, then the index: for
 * each block four bytes, its way and its packed length (big endian). How many bytes were given is known from the header.
 */
export const COMPRESSED_SCHEME = 1;
/** Even, so that samples never lie in two blocks; a frame of 512 × 512 × 2 bytes is eight. */
export const SEGMENT_BYTES = 65_536;
const ENTRY_BYTES = 4;

/** Where the blocks are. */
export interface SegmentIndex {
  count: number;
  wayOf: (block: number) => number;
  /** First byte of a block in the packed body; for `count` that of the index. */
  offsetOf: (block: number) => number;
}

export function segmentCount(byteCount: number): number {
  return Math.ceil(byteCount / SEGMENT_BYTES);
}

/** Given bytes in a block: all of 64 KiB but the last. */
export function segmentByteCount(byteCount: number, block: number): number {
  return Math.min(SEGMENT_BYTES, byteCount - block * SEGMENT_BYTES);
}

export function indexByteCount(byteCount: number): number {
  return segmentCount(byteCount) * ENTRY_BYTES;
}

export function writeIndexEntry(index: Buffer, block: number, { way, length }: { way: number; length: number }): void {
  index.writeUInt8(way, block * ENTRY_BYTES);
  index.writeUIntBE(length, block * ENTRY_BYTES + 1, ENTRY_BYTES - 1);
}

/** Throws `corrupt` unless the blocks fill the packed body up to its index. */
export function readIndex(index: Buffer, { packedByteCount }: { packedByteCount: number }): SegmentIndex {
  const count = index.length / ENTRY_BYTES;
  const offsets = new Float64Array(count + 1);
  for (let block = 0; block < count; block++)
    offsets[block + 1] = offsets[block]! + index.readUIntBE(block * ENTRY_BYTES + 1, ENTRY_BYTES - 1);
  if (offsets[count] !== packedByteCount - index.length)
    throw new LedgerError(
      'corrupt',
      `The ${count} blocks of a packed body have ${offsets[count]} bytes instead of ${packedByteCount - index.length}.`,
    );
  return {
    count,
    wayOf: (block) => index.readUInt8(block * ENTRY_BYTES),
    offsetOf: (block) => offsets[block]!,
  };
}
