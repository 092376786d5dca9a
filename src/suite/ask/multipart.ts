import { randomUUID } from 'node:crypto';
import { Unmet } from './unmet.js';
import { mediaType } from './media-type.js';
import type { Answer } from './server.js';

export interface Part {
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}

/** The most parts that are looked at. */
const MAX_PARTS = 1000;

/** The parts of a multipart answer (RFC 2046 §5.1.1). Throws `Unmet` when it is none, or its delimiters are not as they have to be. */
export function partsOf(answer: Answer): Part[] {
  const { type, parameters } = mediaType(answer.header('Content-Type'));
  if (type !== 'multipart/related')
    throw new Unmet(`The Content-Type is "${answer.header('Content-Type')}", not multipart/related.`);
  const boundary = parameters.get('boundary') ?? '';
  if (boundary === '') throw new Unmet('The multipart answer names no boundary.');
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter may begin the body, without the line end of a preamble.
  const body = Buffer.concat([Buffer.from('\r\n'), answer.body]);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0 && parts.length < MAX_PARTS) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString('latin1') === '--') return parts;
    const end = body.indexOf(delimiter, start);
    if (end < 0) break;
    parts.push(partOf(body.subarray(start, end)));
    at = end;
  }
  throw new Unmet('The multipart answer has no closing delimiter.');
}

function partOf(bytes: Buffer): Part {
  const blank = bytes.indexOf('\r\n\r\n');
  if (blank < 0) throw new Unmet('A part of the multipart answer has no blank line after its headers.');
  const headers = new Map<string, string>();
  for (const line of bytes.toString('latin1', 0, blank).split('\r\n')) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers.set(name.toLowerCase(), value ?? '');
  }
  return { headers, body: bytes.subarray(blank + 4) };
}

/** A multipart/related body to send, with a boundary of its own. */
export function multipart(
  type: string,
  parts: readonly { headers: Record<string, string>; body: Buffer }[],
): { contentType: string; boundary: string; body: Buffer } {
  const boundary = `suite-${randomUUID()}`;
  const pieces = parts.flatMap(({ headers, body }) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return [Buffer.from(`--${boundary}\r\n${lines.join('')}\r\n`), body, Buffer.from('\r\n')];
  });
  return {
    contentType: `multipart/related; type="${type}"; boundary=${boundary}`,
    boundary,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
