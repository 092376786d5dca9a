import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A secret as it is written: 256 random bits, base64url (RFC 4648 §5). */
export const SECRET = /^[A-Za-z0-9_-]{43}$/;

export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of a secret: its SHA-256, in hex. No more is needed, since nobody can try out 2^256 secrets. */
export const digestOf = (secret: string): string => hash('sha256', secret, 'hex');

/** Whether `secret` is that of the digest; how long it takes tells nothing. */
export const isSecretOf = (digest: string, secret: string): boolean =>
  timingSafeEqual(Buffer.from(digestOf(secret)), Buffer.from(digest));

/** A name for what a secret opens, which people may read to each other: 12 hex digits. */
export const newId = (): string => randomBytes(6).toString('hex');
