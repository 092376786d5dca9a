import { createHash } from 'node:crypto';

/**
 * A UID under 2.25 (PS3.5 §B.2) that follows from `purpose` and `parts` alone: their SHA-256 as a version 8 UUID
 * (RFC 9562 §5.8). Different lists never run together.
 */
export function uidFrom(purpose: string, parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of [purpose, ...parts]) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  const uuid = hash.digest().subarray(0, 16);
  uuid[6] = (uuid.readUInt8(6) & 0x0f) | 0x80;
  uuid[8] = (uuid.readUInt8(8) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}
