import { type ByteSource, requireWithin } from '../byte-source.js';
import type { Body, Ledger } from '../ledger/ledger.js';
import type { PieceCache } from '../pieces/piece-cache.js';
import { mergeRange, piecesOfRange } from '../pieces/pieces.js';

/** About 1 MB: large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_PIECES = 34;
/** So many of a stream are fetched at once: the node reads one while the other is checked. */
const BATCHES_AHEAD = 2;

/** A body on the chain, readable anywhere; only the pieces that hold what is asked are fetched. */
export interface ChainSource extends ByteSource {
  /** The range in order, in buffers of about 1 MB, the next two fetched while one is used. */
  stream(offset: number, byteCount: number): AsyncIterable<Buffer>;
}

export interface ChainSourceDependencies {
  ledger: Ledger;
  /** Without a cache every piece comes from the chain. */
  cache?: PieceCache;
}

export function chainSource({ ledger, cache }: ChainSourceDependencies, body: Body): ChainSource {
  const nameOf = (piece: number): string => `${body.root.slice(2)}-${piece}`;

  const pieces = async (first: number, count: number): Promise<Buffer[]> => {
    if (!cache) return ledger.readPieces(body, first, count);
    const found = await cache.get(Array.from({ length: count }, (_, i) => nameOf(first + i)));
    const from = found.findIndex((piece) => piece === undefined);
    if (from < 0) return found as Buffer[];
    const to = found.findLastIndex((piece) => piece === undefined);
    const fetched = await ledger.readPieces(body, first + from, to - from + 1);
    void cache.put(fetched.map((piece, i) => ({ name: nameOf(first + from + i), piece })));
    found.splice(from, fetched.length, ...fetched);
    return found as Buffer[];
  };

  const read = async (offset: number, byteCount: number): Promise<Buffer> => {
    requireWithin(offset, byteCount, body.byteCount);
    const { first, count, skip } = piecesOfRange(offset, byteCount, body.pieceBytes);
    return count === 0 ? Buffer.alloc(0) : mergeRange(await pieces(first, count), skip, byteCount);
  };

  async function* stream(offset: number, byteCount: number): AsyncGenerator<Buffer> {
    const batchBytes = BATCH_PIECES * body.pieceBytes;
    const end = offset + byteCount;
    requireWithin(offset, byteCount, body.byteCount);
    const fetch = (from: number): Promise<Buffer> => {
      const batch = read(from, Math.min(end, nextBoundary(from, batchBytes)) - from);
      batch.catch(() => undefined);
      return batch;
    };
    const ahead: Promise<Buffer>[] = [];
    let next = offset;
    const fill = (): void => {
      for (; ahead.length < BATCHES_AHEAD && next < end; next = nextBoundary(next, batchBytes)) ahead.push(fetch(next));
    };
    fill();
    for (let first = ahead.shift(); first; first = ahead.shift()) {
      const bytes = await first;
      fill();
      yield bytes;
    }
  }

  return { byteCount: body.byteCount, read, stream };
}

/** Batches end at multiples of their size, so that neighbours never fetch the same piece twice. */
function nextBoundary(from: number, batchBytes: number): number {
  return (Math.floor(from / batchBytes) + 1) * batchBytes;
}
