import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const DIGEST_BYTES = 32;
const ENTRY_BYTES = 4 + DIGEST_BYTES;

/** Length of the file that `encodePieceFile` makes. */
export function pieceFileByteCount(pieces: readonly Buffer[]): number {
  return indexByteCount(pieces.length) + pieces.reduce((sum, { length }) => sum + length, 0);
}

function indexByteCount(count: number): number {
  return count * ENTRY_BYTES + DIGEST_BYTES;
}

/**
 * The parts of a file in order. First its index: for each piece its length (4 bytes, little endian) and SHA-256, then the SHA-256 of
 * all these entries. The pieces follow.
 */
export function encodePieceFile(pieces: readonly Buffer[]): Buffer[] {
  const entries = Buffer.alloc(pieces.length * ENTRY_BYTES);
  pieces.forEach((piece, i) => {
    entries.writeUInt32LE(piece.length, i * ENTRY_BYTES);
    digestOf(piece).copy(entries, i * ENTRY_BYTES + 4);
  });
  return [entries, digestOf(entries), ...pieces];
}

/** Pieces `from` … `to - 1` of a file of `count`; undefined for those that are not as they were written. Rejects when there is no file. */
export async function readPieceFile(
  file: string,
  { count, from, to }: { count: number; from: number; to: number },
): Promise<(Buffer | undefined)[]> {
  const handle = await open(file);
  const read = async (position: number, byteCount: number): Promise<Buffer> => {
    const bytes = Buffer.allocUnsafeSlow(byteCount);
    const { bytesRead } = await handle.read(bytes, 0, byteCount, position);
    return bytes.subarray(0, bytesRead);
  };
  try {
    const index = await read(0, indexByteCount(count));
    const entries = index.subarray(0, count * ENTRY_BYTES);
    if (!digestOf(entries).equals(index.subarray(entries.length))) return Array.from({ length: to - from });
    const lengths = Array.from({ length: count }, (_, i) => entries.readUInt32LE(i * ENTRY_BYTES));
    const offsetOf = (piece: number): number => lengths.slice(0, piece).reduce((sum, length) => sum + length, 0);
    const start = offsetOf(from);
    const bytes = await read(index.length + start, offsetOf(to) - start);
    let end = 0;
    return lengths.slice(from, to).map((length, i) => {
      const piece = bytes.subarray(end, (end += length));
      const entry = (from + i) * ENTRY_BYTES;
      return digestOf(piece).equals(entries.subarray(entry + 4, entry + ENTRY_BYTES)) ? piece : undefined;
    });
  } finally {
    await handle.close();
  }
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
