import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { EXTENT_BYTES, type ExtentCache, type ExtentOwner, type ExtentRange } from './extent-cache.js';
import { streamAhead, type StreamSource } from './stream-ahead.js';

/** Large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_BYTES = 4 * EXTENT_BYTES;

/**
 * The bytes of `source`, from the cache where it has them; what it has not is read by whole extents and put in. Who reads more than
 * the cache takes of one instance, and all of it, reads past it.
 */
export function cachedSource(cache: ExtentCache, owner: ExtentOwner, source: StreamSource): StreamSource {
  const { byteCount } = source;

  const fetch = async ({ from, to }: ExtentRange): Promise<Buffer[]> => {
    const start = from * EXTENT_BYTES;
    const bytes = await source.read(start, Math.min(to * EXTENT_BYTES, byteCount) - start);
    return Array.from({ length: to - from }, (_, i) => bytes.subarray(i * EXTENT_BYTES, (i + 1) * EXTENT_BYTES));
  };

  const extentsOf = (offset: number, wanted: number): ExtentRange => {
    requireWithin(offset, wanted, byteCount);
    return { from: Math.floor(offset / EXTENT_BYTES), to: Math.ceil((offset + wanted) / EXTENT_BYTES) };
  };

  const read = async (offset: number, wanted: number): Promise<Buffer> => {
    const range = extentsOf(offset, wanted);
    if (wanted === 0) return Buffer.alloc(0);
    const found = cache.atHand(owner, range) ?? (await cache.read(owner, range, fetch));
    const skip = offset - range.from * EXTENT_BYTES;
    return (found.length === 1 ? found[0]! : Buffer.concat(found)).subarray(skip, skip + wanted);
  };

  /** Undefined when it is not there, or too much to be given at once. */
  const atHand = (offset: number, wanted: number): Buffer[] | undefined => {
    if (offset < 0 || offset + wanted > byteCount || wanted <= 0 || wanted > BATCH_BYTES) return undefined;
    const range = extentsOf(offset, wanted);
    const start = range.from * EXTENT_BYTES;
    return cache.atHand(owner, range)?.map((bytes, i) => {
      const at = start + i * EXTENT_BYTES;
      return bytes.subarray(Math.max(0, offset - at), offset + wanted - at);
    });
  };

  const cached: ByteSource = { byteCount, read };
  return {
    ...cached,
    stream: (offset, wanted) => {
      if (wanted > cache.maxInstanceBytes) return source.stream(offset, wanted);
      return atHand(offset, wanted) ?? streamAhead(cached, { offset, byteCount: wanted, batchBytes: BATCH_BYTES });
    },
  };
}
