import { createHash } from 'node:crypto';

/** What the first row follows. */
export const NO_ROW = Buffer.alloc(32);

/** SHA-256 over the hash of the row before (32 bytes), the position (8 bytes, big-endian) and the text of the row (UTF-8). */
export function rowHash(before: Uint8Array, { position, body }: { position: number; body: string }): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(position));
  return createHash('sha256').update(before).update(place).update(body).digest();
}
