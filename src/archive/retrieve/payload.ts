import type { Payload } from '../stored-instance.js';

/** Bytes that are at hand. */
export function wholePayload(bytes: Buffer, mediaType: string): Payload {
  return {
    mediaType,
    byteCount: bytes.length,
    open: async function* (from = 0) {
      yield bytes.subarray(from);
    },
  };
}
