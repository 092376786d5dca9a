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
  /**
   * In lists of some 256 KiB, where it is at hand. Rejects with `corrupt` when a payload gives other than its `byteCount` bytes; the answer
   * has to be broken off then.
   */
  body: AsyncGenerator<Buffer[]>;
}

/** Parts, each when its turn comes. */
export type PartSource = Iterable<MultipartPart | Promise<MultipartPart>> | AsyncIterable<MultipartPart>;

const LIST_BYTES = 256 * 1024;

/**
 * Writes payloads as one multipart/related answer (RFC 2387, PS3.18 §8.6.1.2.1), each opened when its turn comes.
 * `mediaType` is that of the first part, for the `type` parameter. The body begins with the first delimiter and ends
 * with the closing one, nothing before or after: viewers take the first line as the boundary.
 */
export function multipartStream(
  parts: PartSource,
  {
    mediaType,
    // Node makes these in advance, and random bytes one by one.
    boundary = randomUUID().replaceAll('-', ''),
  }: { mediaType: string; boundary?: string },
): MultipartAnswer {
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

async function* writeParts(parts: PartSource, boundary: string): AsyncGenerator<Buffer[]> {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  let ready: Buffer[] = [];
  let readyBytes = 0;
  let lineEnd = '';
  const add = (bytes: Buffer): boolean => {
    ready.push(bytes);
    readyBytes += bytes.length;
    return readyBytes >= LIST_BYTES;
  };
  const taken = (): Buffer[] => {
    const list = ready;
    [ready, readyBytes] = [[], 0];
    return list;
  };
  try {
    for (;;) {
      // What is there is not waited for.
      const next = iterator.next();
      const step = next instanceof Promise ? await next : next;
      if (step.done === true) break;
      const { payload, contentLocation } = step.value instanceof Promise ? await step.value : step.value;
      add(Buffer.from(`${lineEnd}--${boundary}\r\n${partHeaders(payload, contentLocation)}\r\n`, 'latin1'));
      lineEnd = '\r\n';
      let byteCount = 0;
      const bytes = payload.open();
      if (bytes instanceof Array) for (const chunk of bytes) byteCount += (add(chunk), chunk.length);
      else {
        for await (const chunk of bytes) {
          byteCount += chunk.length;
          if (add(chunk)) yield taken();
        }
      }
      if (payload.byteCount !== undefined && byteCount !== payload.byteCount)
        throw new LedgerError('corrupt', `A part has ${byteCount} bytes where ${payload.byteCount} were announced.`);
      if (readyBytes >= LIST_BYTES) yield taken();
    }
  } finally {
    await iterator.return?.();
  }
  add(Buffer.from(`${lineEnd}--${boundary}--`, 'latin1'));
  yield taken();
}

function partHeaders(payload: Payload, contentLocation: string | undefined): string {
  const lines = [`Content-Type: ${contentTypeOf(payload)}`];
  if (payload.byteCount !== undefined) lines.push(`Content-Length: ${payload.byteCount}`);
  if (contentLocation !== undefined) lines.push(`Content-Location: ${contentLocation}`);
  return lines.map((line) => `${line}\r\n`).join('');
}
