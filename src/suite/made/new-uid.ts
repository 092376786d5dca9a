import { randomBytes } from 'node:crypto';

/** A UID of 128 random bits (PS3.5 §B.2). */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomBytes(16).toString('hex')}`)}`;
}
