import { createHash } from 'node:crypto';

/** The UID of what has this name in the demo, always the same one: SHA-256 as a version 8 UUID (RFC 9562 §5.8) under 2.25 (PS3.5 §B.2). */
export function demoUid(name: string): string {
  const uuid = createHash('sha256').update(`dicom-ledger demo: ${name}`).digest().subarray(0, 16);
  uuid[6] = (uuid.readUInt8(6) & 0x0f) | 0x80;
  uuid[8] = (uuid.readUInt8(8) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}
