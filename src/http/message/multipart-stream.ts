import { randomUUID } from 'node:crypto';
import type { Payload } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';

export interface MultipartPart {
  payload: Payload;
  /** Absolute URL of what the part holds, for its Content-Location. */
  contentLocation?: string;
}

export interface MultipartAnswer {
  /** For the Content-Type header: `multipart/related; type="…"; boundary=…`. */
  contentType: string;
  /** Rejects with `corrupt` when a payload gives other than its `byteCount` bytes; the answer has to be broken off then. */
  body: AsyncGenerator<Buffer>;
}

/**
 * Writes payloads as one multipart/related answer (RFC 2387, PS3.18 §8.6.1.2.1), each opened when its turn comes.
 * `mediaType` is that of the first part, for the `type` parameter. The body begins with the first delimiter and ends
 * with the closing one, nothing before or after: viewers take the first line as the boundary.
 */
export function multipartStream(
  parts: Iterable<MultipartPart> | AsyncIterable<MultipartPart>,
  { mediaType }: { mediaType: string },
): MultipartAnswer {
  // Node makes these in advance, and random bytes one by one.
  const boundary = randomUUID().replaceAll('-', '');
  return {
    contentType: `multipart/related; type="${mediaType}"; boundary=${boundary}`,
    body: writeParts(parts, boundary),
  };
}

/** `application/dicom; transfer-syntax=1.2.…`: unquoted, because cornerstone and dicomweb-client read it to the line's end. */
export function contentTypeOf(payload: Pick<Payload, 'mediaType' | 'transferSyntaxUID'>): string {
  return payload.transferSyntaxUID === undefined
    ? payload.mediaType
    : `${payload.mediaType}; transfer-syntax=${payload.transferSyntaxUID}`;
}

async function* writeParts(
  parts: Iterable<MultipartPart> | AsyncIterable<MultipartPart>,
  boundary: string,
): AsyncGenerator<Buffer> {
  let lineEnd = '';
  for await (const { payload, contentLocation } of parts) {
    yield Buffer.from(`${lineEnd}--${boundary}\r\n${partHeaders(payload, contentLocation)}\r\n`, 'latin1');
    let byteCount = 0;
    for await (const bytes of payload.open()) {
      byteCount += bytes.length;
      yield bytes;
    }
    if (payload.byteCount !== undefined && byteCount !== payload.byteCount)
      throw new LedgerError('corrupt', `A part has ${byteCount} bytes where ${payload.byteCount} were announced.`);
    lineEnd = '\r\n';
  }
  yield Buffer.from(`${lineEnd}--${boundary}--`, 'latin1');
}

function partHeaders(payload: Payload, contentLocation: string | undefined): string {
  const lines = [`Content-Type: ${contentTypeOf(payload)}`];
  if (payload.byteCount !== undefined) lines.push(`Content-Length: ${payload.byteCount}`);
  if (contentLocation !== undefined) lines.push(`Content-Location: ${contentLocation}`);
  return lines.map((line) => `${line}\r\n`).join('');
}
