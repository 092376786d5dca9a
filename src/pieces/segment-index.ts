import { LedgerError } from '../base/errors.js';

/**
 * A compressed body is the given bytes in segments of this many bytes, each compressed by itself, one after the other. Its index
 * follows them: four bytes for each segment, which are its method and its compressed length (big endian). How many bytes were given
 * is known from the header. Even, so that no 16-bit sample lies in two segments; a frame of 512 × 512 samples is eight of them.
 */
export const SEGMENT_BYTES = 65_536;
const ENTRY_BYTES = 4;

/** Where the segments are. */
export interface SegmentIndex {
  count: number;
  /** How a segment is compressed (`METHOD`); any number from 0 to 255, since whoever may announce has written it. */
  methodOf: (segment: number) => number;
  /** First byte of a segment in the compressed body; for `count` that of the index. */
  offsetOf: (segment: number) => number;
}

export function segmentCount(byteCount: number): number {
  return Math.ceil(byteCount / SEGMENT_BYTES);
}

/** Given bytes in a segment: 65,536, but for the last one. */
export function segmentByteCount(byteCount: number, segment: number): number {
  return Math.min(SEGMENT_BYTES, byteCount - segment * SEGMENT_BYTES);
}

export function indexByteCount(byteCount: number): number {
  return segmentCount(byteCount) * ENTRY_BYTES;
}

export function writeIndexEntry(
  index: Buffer,
  segment: number,
  { method, length }: { method: number; length: number },
): void {
  index.writeUInt8(method, segment * ENTRY_BYTES);
  index.writeUIntBE(length, segment * ENTRY_BYTES + 1, ENTRY_BYTES - 1);
}

/** Throws `corrupt` unless the segments fill the compressed body of `storedByteCount` bytes up to its index. */
export function readIndex(index: Buffer, { storedByteCount }: { storedByteCount: number }): SegmentIndex {
  const count = index.length / ENTRY_BYTES;
  const offsets = new Float64Array(count + 1);
  for (let segment = 0; segment < count; segment++)
    offsets[segment + 1] = offsets[segment]! + index.readUIntBE(segment * ENTRY_BYTES + 1, ENTRY_BYTES - 1);
  if (offsets[count] !== storedByteCount - index.length)
    throw new LedgerError(
      'corrupt',
      `The ${count} blocks of a packed body have ${offsets[count]} bytes instead of ${storedByteCount - index.length}.`,
    );
  return {
    count,
    methodOf: (segment) => index.readUInt8(segment * ENTRY_BYTES),
    offsetOf: (segment) => offsets[segment]!,
  };
}
