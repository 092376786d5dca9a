import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import type { ByteSource } from '../../base/byte-source.js';
import { ScanFault } from './scan-fault.js';

const READ_BYTES = 65_536;

/** What a deflated data set may inflate to, unless told otherwise: 2 GiB. */
export const MAX_INFLATED_BYTES = 2 ** 31;

/**
 * Inflates a deflated data set (PS3.5 §A.5) from `offset` on, a chunk at a time: memory does not grow with the data
 * set, and a decompression bomb ends at `maxInflatedBytes`. Throws ScanFault for damaged data and beyond the limit.
 */
export async function* inflateDataSet(
  source: ByteSource,
  { offset, maxInflatedBytes }: { offset: number; maxInflatedBytes: number },
): AsyncGenerator<Buffer> {
  const input = Readable.from(chunks(source, offset), { objectMode: false, highWaterMark: READ_BYTES });
  const inflater = createInflateRaw({ chunkSize: READ_BYTES });
  input.on('error', (error) => inflater.destroy(error));
  // The loop below gets it; without a listener an error that comes when nobody reads any more ends the process.
  inflater.on('error', () => undefined);
  input.pipe(inflater);
  let total = 0;
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxInflatedBytes)
        throw new ScanFault(`The deflated data set inflates to more than ${maxInflatedBytes} bytes.`);
      yield chunk;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
      throw new ScanFault('The deflated data set is damaged; send the whole file.');
    throw error;
  } finally {
    input.destroy();
    inflater.destroy();
  }
}

async function* chunks(source: ByteSource, from: number): AsyncGenerator<Buffer> {
  for (let offset = from; offset < source.byteCount; offset += READ_BYTES)
    yield await source.read(offset, Math.min(READ_BYTES, source.byteCount - offset));
}
