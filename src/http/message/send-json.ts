import type { Request, Response } from 'express';
import { createGzip } from 'node:zlib';
import { answersFresh, etagOf } from './send-payload.js';
import { answerKey, type KeptAnswers } from './kept-answers.js';
import { streamOut } from './stream-out.js';
import { takesGzip } from './takes-gzip.js';

/**
 * Streams JSON text, gzipped for clients that take it, with a strong ETag of `etagParts`, media type and coding, and without
 * one if there are none. `chunks` is called only when a body is sent.
 */
export async function sendJson(
  request: Request,
  response: Response,
  {
    mediaType,
    etagParts,
    lastModified,
    chunks,
    kept,
  }: {
    mediaType: string;
    etagParts: readonly string[] | undefined;
    lastModified?: number | undefined;
    chunks: () => AsyncIterable<string> | Iterable<string>;
    /** Where the compressed answer is kept, and by which parts: everything that it depends on besides media type and ETag. */
    kept?: { answers: KeptAnswers; parts: readonly string[] } | undefined;
  },
): Promise<void> {
  const gzip = takesGzip(request, response);
  const etag = etagParts && etagOf([mediaType, gzip ? 'gzip' : 'identity', ...etagParts]);
  if (answersFresh(request, response, { etag, lastModified })) return;
  response.setHeader('Content-Type', mediaType);
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  if (!gzip) {
    await streamOut(response, chunks());
    return;
  }
  const key = kept && answerKey([mediaType, String(etag), ...kept.parts]);
  const known = key === undefined ? undefined : kept?.answers.get(key);
  if (known) {
    await streamOut(response, [known]);
    return;
  }
  // Speed 4 writes metadata about twice as fast as the default 6, a few per cent larger.
  const coding = createGzip({ level: 4 });
  if (key !== undefined) kept?.answers.keep(key, coding);
  await streamOut(response, chunks(), coding);
}

/** A JSON array of texts that are JSON already, one at a time. */
export async function* jsonArray(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let separator = '[';
  for await (const text of texts) {
    yield separator + text;
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}
