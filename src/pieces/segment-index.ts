import { LedgerError } from '../base/errors.js';

/**
 * A packed body (scheme 1): the given bytes in blocks of 64 KiB, each packed by itself, one after the other, then the index: for
 * each block four bytes, its way and its packed length (big endian). How many bytes were given is known from the header.
 */
export const packedScheme = 1;
/** Even, so that samples never lie in two blocks; a frame of 512 × 512 × 2 bytes is eight. */
export const blockBytes = 65_536;
const entryBytes = 4;

/** Where the blocks are. */
export interface BlockIndex {
  count: number;
  wayOf: (block: number) => number;
  /** First byte of a block in the packed body; for `count` that of the index. */
  offsetOf: (block: number) => number;
}

export function blockCount(byteCount: number): number {
  return Math.ceil(byteCount / blockBytes);
}

/** Given bytes in a block: all of 64 KiB but the last. */
export function blockByteCount(byteCount: number, block: number): number {
  return Math.min(blockBytes, byteCount - block * blockBytes);
}

export function indexByteCount(byteCount: number): number {
  return blockCount(byteCount) * entryBytes;
}

export function writeIndexEntry(index: Buffer, block: number, { way, length }: { way: number; length: number }): void {
  index.writeUInt8(way, block * entryBytes);
  index.writeUIntBE(length, block * entryBytes + 1, entryBytes - 1);
}

/** Throws `corrupt` unless the blocks fill the packed body up to its index. */
export function readIndex(index: Buffer, { packedByteCount }: { packedByteCount: number }): BlockIndex {
  const count = index.length / entryBytes;
  const offsets = new Float64Array(count + 1);
  for (let block = 0; block < count; block++)
    offsets[block + 1] = offsets[block]! + index.readUIntBE(block * entryBytes + 1, entryBytes - 1);
  if (offsets[count] !== packedByteCount - index.length)
    throw new LedgerError(
      'corrupt',
      `The ${count} blocks of a packed body have ${offsets[count]} bytes instead of ${packedByteCount - index.length}.`,
    );
  return {
    count,
    wayOf: (block) => index.readUInt8(block * entryBytes),
    offsetOf: (block) => offsets[block]!,
  };
}
