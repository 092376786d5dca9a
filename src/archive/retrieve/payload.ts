import type { Payload } from '../stored-instance.js';

/** Bytes that are at hand. */
export function wholePayload(bytes: Buffer | readonly Buffer[], mediaType: string): Payload {
  const chunks = bytes instanceof Array ? bytes : [bytes];
  return {
    mediaType,
    byteCount: chunks.reduce((sum, { length }) => sum + length, 0),
    open: (from = 0) => (from === 0 ? chunks : beginningAt(chunks, from)),
  };
}

function beginningAt(chunks: readonly Buffer[], from: number): Buffer[] {
  let skip = from;
  return chunks.map((chunk) => {
    const rest = chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
    return rest;
  });
}
