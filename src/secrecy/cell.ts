import { createCipheriv, createDecipheriv, createHash, hash, timingSafeEqual } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import type { Work } from '../base/in-turns.js';
import { hmacSha256 } from './hmac-sha256.js';
import { derive } from './labels.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A cell has so many bytes more than its plaintext: the GCM nonce before it, the tag behind it. */
export const CELL_OVERHEAD = NONCE_BYTES + TAG_BYTES;
export const KEY_COMMITMENT_BYTES = 32;
/** What a file is encrypted by at a time. */
const PART_BYTES = 1024 * 1024;

/** What encrypts the cells of one body or one file. */
export interface CellKeys {
  aesKey: Buffer;
  nonceKey: Buffer;
  /** Key commitment: stands before the cells in clear, and is that of no other key. GCM alone commits to none. */
  commit: Buffer;
}

/** The keys for the cells of one body or one file, out of its own 32 bytes. */
export function cellKeys(key: Buffer): CellKeys {
  return { aesKey: derive(key, 'aes'), nonceKey: derive(key, 'nonce'), commit: derive(key, 'commit') };
}

/** Whether the bytes that stand before some cells are the key commitment of these keys. If not, the keys are not theirs. */
export function isCommitOf({ commit }: CellKeys, found: Buffer): boolean {
  return found.length === commit.length && timingSafeEqual(found, commit);
}

/**
 * A cell: the GCM nonce (12 bytes), the ciphertext of AES-256-GCM (NIST SP 800-38D), and the tag (16). The nonce is synthetic: it
 * follows from the very plaintext, and from `associated`, which the tag covers too. So no nonce meets two plaintexts, whatever made
 * them, and the same plaintext at the same place is the same cell again.
 */
export function encryptCell({ aesKey, nonceKey }: CellKeys, associated: Buffer, plaintext: Buffer): Buffer {
  const digest = hash('sha256', plaintext, 'buffer');
  const nonce = nonceOf(nonceKey, associated, digest);
  const cipher = createCipheriv('aes-256-gcm', aesKey, nonce, { authTagLength: TAG_BYTES }).setAAD(associated);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
}

/** `encryptCell` as work that others can have turns in: for a file, which is one cell. */
export function* encryptingCell({ aesKey, nonceKey }: CellKeys, associated: Buffer, plaintext: Buffer): Work<Buffer> {
  const digest = createHash('sha256');
  for (const part of partsOf(plaintext)) {
    digest.update(part);
    yield;
  }
  const nonce = nonceOf(nonceKey, associated, digest.digest());
  const cipher = createCipheriv('aes-256-gcm', aesKey, nonce, { authTagLength: TAG_BYTES }).setAAD(associated);
  const cell = Buffer.alloc(plaintext.length + CELL_OVERHEAD);
  cell.set(nonce);
  let at = NONCE_BYTES;
  for (const part of partsOf(plaintext)) {
    cell.set(cipher.update(part), at);
    at += part.length;
    yield;
  }
  cipher.final();
  cell.set(cipher.getAuthTag(), at);
  return cell;
}

function* partsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) yield bytes.subarray(at, at + PART_BYTES);
}

function nonceOf(nonceKey: Buffer, associated: Buffer, digest: Buffer): Buffer {
  return hmacSha256(nonceKey, Buffer.concat([associated, digest])).subarray(0, NONCE_BYTES);
}

/** The plaintext of a cell. Throws `corrupt` for a cell that these keys have not made for this place, before anything is given. */
export function decryptCell({ aesKey }: CellKeys, associated: Buffer, cell: Buffer): Buffer {
  try {
    const tagAt = cell.length - TAG_BYTES;
    const nonce = cell.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', aesKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated).setAuthTag(cell.subarray(tagAt));
    const plaintext = decipher.update(cell.subarray(NONCE_BYTES, tagAt));
    decipher.final();
    return plaintext;
  } catch (cause) {
    throw new LedgerError('corrupt', `A cell of ${cell.length} bytes is not what was encrypted for its place.`, {
      cause,
    });
  }
}
