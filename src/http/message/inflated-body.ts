import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { LedgerError } from '../../base/errors.js';

/**
 * The content of a gzip body (RFC 1952), inflated as it comes, at most `maxBytes`. Throws what `chunks` throws, `bad-request` for what is
 * no gzip or ends early, and `too-large` beyond the maximum: a few bytes can stand for very many.
 */
export async function* inflatedBody(
  chunks: AsyncIterable<Buffer>,
  { maxBytes }: { maxBytes: number },
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 65_536 });
  // Whoever reads hears of it by the stream itself.
  pipeline(Readable.from(chunks), gunzip).catch(() => undefined);
  let byteCount = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      byteCount += chunk.length;
      if (byteCount > maxBytes)
        throw new LedgerError(
          'too-large',
          `The gzip body inflates to more than MAX_INSTANCE_BYTES, ${maxBytes} bytes; send it in several requests, or as it is.`,
        );
      yield chunk;
    }
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError(
      'bad-request',
      'The body is no gzip, or it is damaged; send it again, or without Content-Encoding.',
      {
        cause: error,
      },
    );
  }
}
