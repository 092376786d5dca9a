/** The pieces that hold a range of a body: `count` pieces from number `first`; the range begins `skip` bytes into the first. */
export interface PieceRange {
  first: number;
  count: number;
  skip: number;
}

/** Number of pieces of a body of `byteCount` bytes; 0 for an empty one. */
export function pieceCount(byteCount: number, pieceBytes: number): number {
  return Math.ceil(byteCount / pieceBytes);
}

/** The pieces that hold `byteCount` bytes from `offset` on; none for an empty range. */
export function piecesOfRange(offset: number, byteCount: number, pieceBytes: number): PieceRange {
  const first = Math.floor(offset / pieceBytes);
  const end = Math.ceil((offset + byteCount) / pieceBytes);
  return { first, count: byteCount === 0 ? 0 : end - first, skip: offset - first * pieceBytes };
}

/**
 * The bytes of a range out of the pieces that `piecesOfRange` named, in order. They are copied only when the pieces do not lie one
 * after the other in memory.
 */
export function mergeRange(pieces: readonly Buffer[], skip: number, byteCount: number): Buffer {
  const [first] = pieces;
  const isInARow = pieces.every((piece, i) => i === 0 || isBehind(pieces[i - 1]!, piece));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = first && isInARow ? Buffer.from(first.buffer, first.byteOffset, length) : Buffer.concat(pieces);
  return all.subarray(skip, skip + byteCount);
}

function isBehind(before: Buffer, piece: Buffer): boolean {
  return piece.buffer === before.buffer && piece.byteOffset === before.byteOffset + before.length;
}
