import type { Request, Response } from 'express';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Payload } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { requireMatch } from './require-match.js';
import { contentTypeOf, type MultipartPart, multipartStream } from './multipart-stream.js';
import { streamOut } from './stream-out.js';

/**
 * Bytes under a sealed UID never change, but who may see them does: a browser may keep an answer, and asks each time whether it
 * may still show it (RFC 9111 §5.2.2.4), which costs a 304.
 */
export const CACHE_CONTROL = 'private, no-cache';

/** Answers with one payload alone: strong ETag, 304, HEAD, and one byte range (RFC 9110 §14). */
export async function sendPayload(
  request: Request,
  response: Response,
  { payload }: { payload: Payload },
): Promise<void> {
  const { byteCount } = payload;
  const contentType = contentTypeOf(payload);
  const etag = payloadEtag(payload);
  if (etag !== undefined) response.setHeader('ETag', etag);
  response.setHeader('Cache-Control', CACHE_CONTROL);
  requireEtag(request, response);
  if (isFresh(request, response)) {
    response.status(304).end();
    return;
  }
  response.setHeader('Content-Type', contentType);
  if (byteCount === undefined) {
    await sendBody(request, response, () => payload.open());
    return;
  }
  response.setHeader('Accept-Ranges', 'bytes');
  const range = byteRange(request, { byteCount, etag });
  if (range === undefined) {
    response.setHeader('Content-Length', byteCount);
    await sendBody(request, response, () => exactly(payload.open(), byteCount));
    return;
  }
  response.status(206);
  response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${byteCount}`);
  response.setHeader('Content-Length', range.end - range.start + 1);
  await sendBody(request, response, () => exactly(payload.open(range.start), range.end - range.start + 1));
}

/**
 * Answers with one multipart/related of payloads, each opened when its turn comes. The ETag is weak, because the boundary is
 * drawn anew for each answer; `etagParts` is all that tells this representation from others.
 */
export async function sendMultipart(
  request: Request,
  response: Response,
  {
    parts,
    mediaType,
    etagParts,
  }: { parts: AsyncIterable<MultipartPart>; mediaType: string; etagParts: readonly string[] },
): Promise<void> {
  response.setHeader('ETag', multipartEtag(mediaType, etagParts));
  response.setHeader('Cache-Control', CACHE_CONTROL);
  requireEtag(request, response);
  if (isFresh(request, response)) {
    response.status(304).end();
    return;
  }
  const { contentType, body } = multipartStream(parts, { mediaType });
  response.setHeader('Content-Type', contentType);
  await sendBody(request, response, () => body);
}

/** The strong ETag with which one payload alone is sent; undefined for one that has none. */
export function payloadEtag(payload: Pick<Payload, 'etag' | 'mediaType' | 'transferSyntaxUID'>): string | undefined {
  return payload.etag === undefined ? undefined : etagOf([payload.etag, contentTypeOf(payload)]);
}

/** The weak ETag of a multipart; see `sendMultipart`. */
export function multipartEtag(mediaType: string, etagParts: readonly string[]): string {
  return `W/${etagOf(['multipart', mediaType, ...etagParts])}`;
}

async function sendBody(request: Request, response: Response, body: () => AsyncIterable<Buffer>): Promise<void> {
  if (request.method === 'HEAD') response.end();
  else await streamOut(response, body());
}

interface ByteRange {
  start: number;
  /** Inclusive. */
  end: number;
}

/** The range to send; undefined for the whole: none asked, several asked, not in bytes, or of another version (If-Range). */
function byteRange(
  request: Request,
  { byteCount, etag }: { byteCount: number; etag: string | undefined },
): ByteRange | undefined {
  if (request.method !== 'GET') return undefined;
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  const ranges = request.range(byteCount, { combine: true });
  if (ranges === -1) {
    throw new LedgerError(
      'range-not-satisfiable',
      `"${String(request.headers.range).slice(0, 100)}" lies outside of the ${byteCount} bytes; ask within them.`,
      { details: { byteCount } },
    );
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}

/** The first `byteCount` bytes of what may go on; throws `corrupt` when it ends before. */
async function* exactly(source: AsyncIterable<Buffer>, byteCount: number): AsyncGenerator<Buffer> {
  let left = byteCount;
  if (left === 0) return;
  for await (const bytes of source) {
    yield bytes.length <= left ? bytes : bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) return;
  }
  throw new LedgerError('corrupt', `A payload ended ${left} bytes before the ${byteCount} that were announced.`);
}

const { version: VERSION } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

/**
 * A strong validator (RFC 9110 §8.8.3), quoted, of everything that makes a representation what it is: digests, media type,
 * coding. Another release of the server may write the same object differently, so its version is always one of them.
 */
export function etagOf(parts: Iterable<string>): string {
  const hash = createHash('sha256').update(VERSION);
  for (const part of parts) hash.update('\0').update(part);
  return `"${hash.digest('base64url').slice(0, 32)}"`;
}

/** Throws `precondition-failed` when If-Match does not name the ETag of the answer (RFC 9110 §13.2.2: before If-None-Match). */
export function requireEtag(request: Request, response: Response): void {
  const etag = response.getHeader('ETag');
  requireMatch(request, () => (typeof etag === 'string' ? [etag] : []));
}

/**
 * Whether the client has what the answer's ETag names (RFC 9110 §13.1.2). Express' own `request.fresh` says no to
 * `Cache-Control: no-cache`, which speaks to caches and which `fetch` adds to every request with If-None-Match.
 */
export function isFresh(request: Request, response: Response): boolean {
  const wanted = request.headers['if-none-match'];
  const etag = response.getHeader('ETag');
  if (wanted === undefined || typeof etag !== 'string') return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (wanted.trim() === '*') return true;
  const opaque = (tag: string): string => tag.replace(/^W\//, '');
  return (wanted.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(etag));
}
