import type { Payload } from '../stored-instance.js';

/** Bytes that are at hand. */
export function wholePayload(bytes: Buffer, mediaType: string): Payload {
  return {
    mediaType,
    byteCount: bytes.length,
    open: (from = 0) => [from === 0 ? bytes : bytes.subarray(from)],
  };
}
