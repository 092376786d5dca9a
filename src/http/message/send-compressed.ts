import type { Request, Response } from 'express';
import { hash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { answerKey, type KeptAnswers } from './kept-answers.js';
import { multipartStream, type PartSource } from './multipart-stream.js';
import { answersFresh, multipartEtag } from './send-payload.js';
import { streamOut } from './stream-out.js';

const compress = promisify(gzip);

/** Of a slice that is a fifth of what it was; more than 1 makes it little smaller and takes twice as long. */
const LEVEL = 1;

/** So that nobody knows a boundary before it is sent, and can have it in an object. */
const SEED = randomBytes(16).toString('hex');

/**
 * Answers as `sendMultipart`, in gzip, with a length and an ETag of its own. All of it is put together in memory, compressed once by another
 * thread, and kept in `answers` by what it depends on: `keyParts` and those of the ETag. So its boundary is the same each time.
 */
export async function sendCompressedMultipart(
  request: Request,
  response: Response,
  {
    parts,
    mediaType,
    etagParts,
    keyParts,
    lastModified,
    answers,
  }: {
    parts: PartSource;
    mediaType: string;
    etagParts: readonly string[];
    keyParts: readonly string[];
    lastModified: number | undefined;
    answers: KeptAnswers;
  },
): Promise<void> {
  const etag = multipartEtag(mediaType, [...etagParts, 'gzip']);
  if (answersFresh(request, response, { etag, lastModified })) return;
  const key = answerKey([etag, ...keyParts]);
  const boundary = hash('sha256', `${SEED}${key}`).slice(0, 32);
  const { contentType, body } = multipartStream(parts, { mediaType, boundary });
  const bytes = request.method === 'HEAD' ? undefined : await answers.make(key, () => compressed(body));
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Encoding', 'gzip');
  if (bytes === undefined) response.end();
  else await streamOut(response, [bytes]);
}

async function compressed(body: AsyncIterable<readonly Buffer[]>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const list of body) chunks.push(...list);
  return compress(Buffer.concat(chunks), { level: LEVEL });
}
