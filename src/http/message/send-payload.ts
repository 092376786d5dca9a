import type { Request, Response } from 'express';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Payload, PayloadBytes } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { requireMatch } from './require-match.js';
import { contentTypeOf, multipartStream, type PartSource } from './multipart-stream.js';
import { streamOut } from './stream-out.js';

/**
 * Bytes under a sealed UID never change, but who may see them does: a browser may keep an answer, and asks each time whether it
 * may still show it (RFC 9111 §5.2.2.4), which costs a 304.
 */
export const CACHE_CONTROL = 'private, no-cache';

/** By what a client tells whether it still has what would be sent (RFC 9110 §8.8). */
export interface Validators {
  /** With its quotes; undefined when there is none. */
  etag: string | undefined;
  /** In seconds since 1970; undefined where it is not known. */
  lastModified?: number | undefined;
}

/**
 * Answers 304 to whoever has what `validators` name, and says whether it has: then there is nothing left to do, and nothing was read for
 * it. Else the answer has their headers from now on. Throws `precondition-failed` when If-Match names another ETag, or If-Unmodified-Since an
 * earlier time (RFC 9110 §13.2.2).
 */
export function answersFresh(request: Request, response: Response, { etag, lastModified }: Validators): boolean {
  if (etag !== undefined) response.setHeader('ETag', etag);
  if (lastModified !== undefined) response.setHeader('Last-Modified', httpDate(lastModified));
  response.setHeader('Cache-Control', CACHE_CONTROL);
  requireMatch(request, { etags: () => (etag === undefined ? [] : [etag]), lastModified });
  if (!isFresh(request, response)) return false;
  response.status(304).end();
  return true;
}

/**
 * Answers with one payload alone: 304, HEAD, and one byte range (RFC 9110 §14). Its strong ETag is that of `validators`, else one of the
 * payload's own.
 */
export async function sendPayload(
  request: Request,
  response: Response,
  { payload, validators }: { payload: Payload; validators?: Validators },
): Promise<void> {
  const { byteCount } = payload;
  const contentType = contentTypeOf(payload);
  const etag = validators?.etag ?? (payload.etag === undefined ? undefined : etagOf([payload.etag, contentType]));
  if (answersFresh(request, response, { ...validators, etag })) return;
  response.setHeader('Content-Type', contentType);
  if (byteCount === undefined) {
    await sendBody(request, response, () => payload.open());
    return;
  }
  response.setHeader('Accept-Ranges', 'bytes');
  const range = byteRange(request, { byteCount, etag, lastModified: validators?.lastModified });
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
    lastModified,
  }: {
    parts: PartSource;
    mediaType: string;
    etagParts: readonly string[];
    lastModified?: number | undefined;
  },
): Promise<void> {
  const etag = multipartEtag(mediaType, etagParts);
  if (answersFresh(request, response, { etag, lastModified })) return;
  const { contentType, body } = multipartStream(parts, { mediaType });
  response.setHeader('Content-Type', contentType);
  await sendBody(request, response, () => body);
}

/** The weak ETag of a multipart; see `sendMultipart`. */
export function multipartEtag(mediaType: string, etagParts: readonly string[]): string {
  return `W/${etagOf(['multipart', mediaType, ...etagParts])}`;
}

async function sendBody(
  request: Request,
  response: Response,
  body: () => PayloadBytes | AsyncIterable<Buffer[]>,
): Promise<void> {
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
  { byteCount, etag, lastModified }: Validators & { byteCount: number },
): ByteRange | undefined {
  if (request.method !== 'GET') return undefined;
  const condition = request.headers['if-range'];
  const isOfThis = condition === etag || (lastModified !== undefined && condition === httpDate(lastModified));
  if (condition !== undefined && !isOfThis) return undefined;
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
function exactly(source: PayloadBytes, byteCount: number): PayloadBytes {
  const isWhole = source instanceof Array && source.reduce((sum, { length }) => sum + length, 0) === byteCount;
  return isWhole ? source : beginningOf(source, byteCount);
}

async function* beginningOf(source: PayloadBytes, byteCount: number): AsyncGenerator<Buffer> {
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
  return `"${hash('sha256', [VERSION, ...parts].join('\0'), 'base64url').slice(0, 32)}"`;
}

/**
 * Whether the client has what the answer's ETag names (RFC 9110 §13.1.2), or where it names none, what has not changed since
 * (§13.1.3). Express' own `request.fresh` says no to `Cache-Control: no-cache`, which speaks to caches and which `fetch` adds to every
 * request with If-None-Match.
 */
function isFresh(request: Request, response: Response): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const wanted = request.headers['if-none-match'];
  if (wanted === undefined) return isUnmodified(request, response);
  const etag = response.getHeader('ETag');
  if (typeof etag !== 'string') return false;
  if (wanted.trim() === '*') return true;
  const opaque = (tag: string): string => tag.replace(/^W\//, '');
  return (wanted.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(etag));
}

/** A date that is none is no condition. */
function isUnmodified(request: Request, response: Response): boolean {
  const since = request.headers['if-modified-since'] ?? '';
  const lastModified = response.getHeader('Last-Modified');
  return typeof lastModified === 'string' && since.endsWith(' GMT') && Date.parse(lastModified) <= Date.parse(since);
}

/** RFC 9110 §5.6.7. */
function httpDate(seconds: number): string {
  return new Date(seconds * 1000).toUTCString();
}
