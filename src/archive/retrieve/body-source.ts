import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import type { Body, Ledger } from '../../ledger/ledger.js';
import type { PieceCache } from '../../pieces/piece-cache.js';
import { mergeRange, piecesOfRange } from '../../pieces/pieces.js';
import { streamAhead, type StreamSource } from '../../pieces/stream-ahead.js';
import { decodedBody } from '../../pieces/body-codings.js';

/** About 1 MB: large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_PIECES = 34;

export interface BodySourceDependencies {
  ledger: Ledger;
  /** Without a cache every piece comes from the chain. */
  cache?: PieceCache;
}

/**
 * An instance on the chain as it was given, `byteCount` bytes, readable anywhere; only the pieces that hold what is asked are fetched.
 * Throws `not-implemented` for a scheme that this release does not know.
 */
export function bodySource(
  dependencies: BodySourceDependencies,
  { body, byteCount, sealedBlock }: { body: Body; byteCount: number; sealedBlock?: bigint | undefined },
): StreamSource {
  const { scheme, pieceBytes } = body;
  return decodedBody(scheme, storedSource(dependencies, body, sealedBlock), { byteCount, pieceBytes });
}

/** The bytes as they lie on the chain, from the cache where it has them. */
function storedSource(
  { ledger, cache }: BodySourceDependencies,
  body: Body,
  sealedBlock: bigint | undefined,
): StreamSource {
  const name = body.root.slice(2);

  const pieces = async (first: number, count: number): Promise<Buffer[]> => {
    if (!cache) return ledger.readPieces(body, first, count, sealedBlock);
    const found = await cache.get(name, first, count);
    const from = found.findIndex((piece) => piece === undefined);
    if (from < 0) return found as Buffer[];
    const to = found.findLastIndex((piece) => piece === undefined);
    const fetched = await ledger.readPieces(body, first + from, to - from + 1, sealedBlock);
    void cache.put(name, first + from, fetched);
    found.splice(from, fetched.length, ...fetched);
    return found as Buffer[];
  };

  const read = async (offset: number, byteCount: number): Promise<Buffer> => {
    requireWithin(offset, byteCount, body.byteCount);
    const { first, count, skip } = piecesOfRange(offset, byteCount, body.pieceBytes);
    return count === 0 ? Buffer.alloc(0) : mergeRange(await pieces(first, count), skip, byteCount);
  };

  const source: ByteSource = { byteCount: body.byteCount, read };
  const batchBytes = BATCH_PIECES * body.pieceBytes;
  return {
    ...source,
    stream: (offset, byteCount) => streamAhead(source, { offset, byteCount, batchBytes }),
  };
}
