import type { Readable } from 'node:stream';
import { LedgerError } from '../base/errors.js';

/** Reads on to the next part. Throws `too-large`, and takes nothing more, beyond `maxBytes`: a body may never end. */
export async function discardRest(body: Readable, maxBytes: number): Promise<void> {
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount <= maxBytes) continue;
    const error = new LedgerError('too-large', 'The part does not end; the rest of the request was not read.');
    body.destroy(error);
    throw error;
  }
}
