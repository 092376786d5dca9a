import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** `name` is of letters, digits and dashes. */
export interface NamedPiece {
  name: string;
  piece: Buffer;
}

/** Where a piece lies in a file, and the SHA-256 of it as hex. */
export interface IndexedPiece {
  name: string;
  offset: number;
  byteCount: number;
  sha256: string;
}

const DIGEST_BYTES = 32;
const HEAD_BYTES = 4 + DIGEST_BYTES;

/**
 * Pieces one after the other, behind an index: its length (4 bytes, little endian), its SHA-256, and its lines. `parts` are what the
 * file has in order, `byteCount` bytes together.
 */
export function encodePieceFile(pieces: readonly NamedPiece[]): {
  parts: Buffer[];
  byteCount: number;
  index: IndexedPiece[];
} {
  const lines = Buffer.from(pieces.map(({ name, piece }) => `${name} ${piece.length} ${digestOf(piece)}\n`).join(''));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(lines.length);
  const parts = [head, Buffer.from(digestOf(lines), 'hex'), lines, ...pieces.map(({ piece }) => piece)];
  const byteCount = parts.reduce((sum, { length }) => sum + length, 0);
  return { parts, byteCount, index: parseIndex(lines) };
}

/** The index of a file, or undefined when it is not intact; the pieces behind it are for their reader to check. */
export async function readPieceIndex(file: string): Promise<IndexedPiece[] | undefined> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(HEAD_BYTES);
    await handle.read(head, 0, HEAD_BYTES, 0);
    const byteCount = head.readUInt32LE();
    if (byteCount === 0 || HEAD_BYTES + byteCount > size) return undefined;
    const lines = Buffer.alloc(byteCount);
    await handle.read(lines, 0, byteCount, HEAD_BYTES);
    return digestOf(lines) === head.toString('hex', 4) ? parseIndex(lines) : undefined;
  } finally {
    await handle.close();
  }
}

function parseIndex(lines: Buffer): IndexedPiece[] {
  let offset = HEAD_BYTES + lines.length;
  return lines
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [name = '', length = '', sha256 = ''] = line.split(' ');
      const byteCount = Number(length);
      offset += byteCount;
      return { name, offset: offset - byteCount, byteCount, sha256 };
    });
}

/** SHA-256 as hex. */
export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
