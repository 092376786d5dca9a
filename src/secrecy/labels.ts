import { hkdfSync } from 'node:crypto';
import { LedgerError } from '../base/errors.js';

/** What a key is derived for. Every label of the room stands here; one that was used is never used for anything else. */
export type Label =
  /** A tree node from the one above it. */
  | 'tree'
  /** What the chain has of a ring: its commitment. */
  | 'ring'
  /** The key under which a study's SOP Instance UIDs become image keys. */
  | 'image'
  /** The key of one body, out of which come the three of its cells. */
  | 'body'
  | 'aes'
  | 'nonce'
  | 'commit'
  /** What a letter is bound to (`info` of HPKE). */
  | 'letter'
  /** The key of a ring file, that of a backup, and that of a file of card keys. */
  | 'file'
  | 'backup'
  | 'card'
  /** What the fingerprint of a card is over. */
  | 'fingerprint';

export const KEY_BYTES = 32;

const NO_SALT = Buffer.alloc(0);

/** The bytes "dicom-ledger/2 ", the label, a zero byte, and the context. No label has a zero byte, so two never give the same. */
export function labelled(label: Label, context: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`dicom-ledger/2 ${label}\0`, 'ascii'), context]);
}

/** 32 bytes of HKDF-SHA-256 (RFC 5869) with an empty salt, out of 32 secret ones, for one label and one context. */
export function derive(secret: Uint8Array, label: Label, context: Uint8Array = NO_SALT): Buffer {
  return Buffer.from(hkdfSync('sha256', exactly(KEY_BYTES, secret), NO_SALT, labelled(label, context), KEY_BYTES));
}

/** Integers in contexts and formats have a fixed width and are big-endian. Throws RangeError for one that doesn't fit. */
export function u8(value: number): Buffer {
  const bytes = Buffer.alloc(1);
  bytes.writeUInt8(value);
  return bytes;
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** The bytes, when there are so many; throws `internal` otherwise. Without it, a short value would shift what follows it. */
export function exactly<Bytes extends Uint8Array>(count: number, bytes: Bytes): Bytes {
  if (bytes.length === count) return bytes;
  throw new LedgerError('internal', `A value of ${bytes.length} bytes stands where ${count} have to.`);
}
