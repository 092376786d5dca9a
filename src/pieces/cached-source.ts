import { requireWithin } from '../base/byte-source.js';
import { EXTENT_BYTES, type ExtentCache, type ExtentOwner, type ExtentRange } from './extent-cache.js';
import { streamAhead, type StreamSource } from './stream-ahead.js';

/** Large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_BYTES = 4 * EXTENT_BYTES;

/**
 * The bytes of `source`, from the cache where it has them; what it has not is read by whole extents and put in. Who reads more than
 * the cache takes of one instance, and all of it, reads past it.
 */
export function cachedSource(
  cache: Pick<ExtentCache, 'read' | 'atHand' | 'maxInstanceBytes'>,
  owner: ExtentOwner,
  source: StreamSource,
): StreamSource {
  const { byteCount } = source;

  const fetch = async ({ from, to }: ExtentRange): Promise<Buffer[]> => {
    const start = from * EXTENT_BYTES;
    const wanted = Math.min(to * EXTENT_BYTES, byteCount) - start;
    if (source.readParts) return inExtents(await source.readParts(start, wanted));
    const bytes = await source.read(start, wanted);
    return Array.from({ length: to - from }, (_, i) => bytes.subarray(i * EXTENT_BYTES, (i + 1) * EXTENT_BYTES));
  };

  const extentsOf = (offset: number, wanted: number): ExtentRange => {
    requireWithin(offset, wanted, byteCount);
    return { from: Math.floor(offset / EXTENT_BYTES), to: Math.ceil((offset + wanted) / EXTENT_BYTES) };
  };

  /** What is wanted of the extents `from` … */
  const within = (extents: readonly Buffer[], from: number, offset: number, wanted: number): Buffer[] =>
    extents.map((bytes, i) => {
      const at = (from + i) * EXTENT_BYTES;
      return bytes.subarray(Math.max(0, offset - at), offset + wanted - at);
    });

  const readParts = async (offset: number, wanted: number): Promise<Buffer[]> => {
    const range = extentsOf(offset, wanted);
    if (wanted === 0) return [];
    return within(cache.atHand(owner, range) ?? (await cache.read(owner, range, fetch)), range.from, offset, wanted);
  };

  const read = async (offset: number, wanted: number): Promise<Buffer> => {
    const parts = await readParts(offset, wanted);
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  };

  /** Undefined when it is not there, or too much to be given at once. */
  const atHand = (offset: number, wanted: number): Buffer[] | undefined => {
    if (offset < 0 || offset + wanted > byteCount || wanted <= 0 || wanted > BATCH_BYTES) return undefined;
    const range = extentsOf(offset, wanted);
    const found = cache.atHand(owner, range);
    return found && within(found, range.from, offset, wanted);
  };

  return {
    byteCount,
    read,
    stream: (offset, wanted) => {
      if (wanted > cache.maxInstanceBytes) return source.stream(offset, wanted);
      return (
        atHand(offset, wanted) ??
        streamAhead({ byteCount, read: readParts }, { offset, byteCount: wanted, batchBytes: BATCH_BYTES })
      );
    },
  };
}

/** Buffers in a row as whole extents, each a buffer of its own; the last one may be shorter. */
function inExtents(parts: readonly Buffer[]): Buffer[] {
  const extents: Buffer[] = [];
  let row: Buffer[] = [];
  let room = EXTENT_BYTES;
  for (const part of parts)
    for (let at = 0; at < part.length;) {
      const some = part.subarray(at, at + room);
      row.push(some);
      at += some.length;
      room -= some.length;
      if (room > 0) continue;
      extents.push(Buffer.concat(row));
      row = [];
      room = EXTENT_BYTES;
    }
  if (row.length > 0) extents.push(Buffer.concat(row));
  return extents;
}
