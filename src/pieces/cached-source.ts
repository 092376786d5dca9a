import { type ByteSource, requireWithin } from '../base/byte-source.js';
import { EXTENT_BYTES, type ExtentCache, type ExtentOwner, type ExtentRange } from './extent-cache.js';
import { streamAhead, type StreamSource } from './stream-ahead.js';

/** Large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_BYTES = 4 * EXTENT_BYTES;

/**
 * The bytes of `source`, from the cache where it has them; what it has not is read by whole extents and put in. Who reads more than
 * the cache takes of one instance, and all of it, reads past it.
 */
export function cachedSource(
  cache: Pick<ExtentCache, 'read' | 'maxInstanceBytes'>,
  owner: ExtentOwner,
  source: StreamSource,
): StreamSource {
  const { byteCount } = source;

  const fetch = async ({ from, to }: ExtentRange): Promise<Buffer[]> => {
    const start = from * EXTENT_BYTES;
    const bytes = await source.read(start, Math.min(to * EXTENT_BYTES, byteCount) - start);
    return Array.from({ length: to - from }, (_, i) => bytes.subarray(i * EXTENT_BYTES, (i + 1) * EXTENT_BYTES));
  };

  const read = async (offset: number, wanted: number): Promise<Buffer> => {
    requireWithin(offset, wanted, byteCount);
    if (wanted === 0) return Buffer.alloc(0);
    const first = Math.floor(offset / EXTENT_BYTES);
    const to = Math.ceil((offset + wanted) / EXTENT_BYTES);
    const found = await cache.read(owner, { from: first, to }, fetch);
    const skip = offset - first * EXTENT_BYTES;
    return (found.length === 1 ? found[0]! : Buffer.concat(found)).subarray(skip, skip + wanted);
  };

  const cached: ByteSource = { byteCount, read };
  return {
    ...cached,
    stream: (offset, wanted) => {
      if (wanted > cache.maxInstanceBytes) return source.stream(offset, wanted);
      if (wanted <= EXTENT_BYTES) return once(() => read(offset, wanted));
      return streamAhead(cached, { offset, byteCount: wanted, batchBytes: BATCH_BYTES });
    },
  };
}

async function* once(read: () => Promise<Buffer>): AsyncGenerator<Buffer> {
  yield await read();
}
