import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A multipart answer gives a part's headers before the first byte of its payload has been read. */
const CHUNKS_BEFORE_HEADERS = 2;

/**
 * Streams chunks as the body of an answer whose headers are set, at the client's pace. A source that fails within its first
 * two chunks rejects while another status can still be sent; one that fails later cuts the connection and rejects. A client
 * that goes away ends the source and is no error.
 */
export async function streamOut(
  response: Response,
  source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
  coding?: NodeJS.ReadWriteStream,
): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const begun: (Buffer | string)[] = [];
  while (begun.length < CHUNKS_BEFORE_HEADERS) {
    const step = await iterator.next();
    if (step.done === true) break;
    begun.push(step.value);
  }
  if (response.destroyed) {
    await iterator.return?.();
    return;
  }
  try {
    if (coding === undefined) await pipeline(resumed(begun, iterator), response);
    else await pipeline(resumed(begun, iterator), coding, response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* resumed<T>(begun: T[], iterator: AsyncIterator<T> | Iterator<T>): AsyncGenerator<T> {
  try {
    yield* begun;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield step.value;
  } finally {
    await iterator.return?.();
  }
}
