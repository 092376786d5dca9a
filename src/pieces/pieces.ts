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

export function piecesOfRange(offset: number, byteCount: number, pieceBytes: number): PieceRange {
  const first = Math.floor(offset / pieceBytes);
  const end = Math.ceil((offset + byteCount) / pieceBytes);
  return { first, count: byteCount === 0 ? 0 : end - first, skip: offset - first * pieceBytes };
}

/** The bytes of a range out of the pieces that `piecesOfRange` named, in order. */
export function mergeRange(pieces: readonly Buffer[], skip: number, byteCount: number): Buffer {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only.subarray(skip, skip + byteCount);
  return Buffer.concat(pieces).subarray(skip, skip + byteCount);
}
