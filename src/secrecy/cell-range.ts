import { LedgerError } from '../base/errors.js';
import { CELL_OVERHEAD, KEY_COMMITMENT_BYTES } from './cell.js';

/** A cell of a body has so many bytes of plaintext, the last one fewer. A segment of a compressed body lies in two of them at most. */
export const CELL_BYTES = 65_536;
const ENCRYPTED_CELL_BYTES = CELL_BYTES + CELL_OVERHEAD;

/** How many cells a body has. No bytes are one empty cell, so that a body that was cut off never looks like one. */
export function cellCount(byteCount: number): number {
  return Math.max(1, Math.ceil(byteCount / CELL_BYTES));
}

/** Bytes of plaintext in a cell. Throws `corrupt` for a cell that the body has not. */
export function cellByteCount(byteCount: number, number: number): number {
  if (!Number.isInteger(number) || number < 0 || number >= cellCount(byteCount))
    throw new LedgerError('corrupt', `Cell ${number} was asked of a body that has ${cellCount(byteCount)}.`);
  return Math.min(CELL_BYTES, byteCount - number * CELL_BYTES);
}

/** Where a cell lies in the encrypted body. */
export function cellRange(byteCount: number, number: number): { offset: number; byteCount: number } {
  return {
    offset: KEY_COMMITMENT_BYTES + number * ENCRYPTED_CELL_BYTES,
    byteCount: cellByteCount(byteCount, number) + CELL_OVERHEAD,
  };
}

/** Bytes of the encrypted body, from those of its plaintext. */
export function encryptedByteCount(byteCount: number): number {
  return KEY_COMMITMENT_BYTES + byteCount + cellCount(byteCount) * CELL_OVERHEAD;
}

/** Bytes of the plaintext, from those of the encrypted body. Throws `corrupt` when no plaintext gives so many. */
export function plaintextByteCount(encrypted: number): number {
  const cells = Math.ceil((encrypted - KEY_COMMITMENT_BYTES) / ENCRYPTED_CELL_BYTES);
  const byteCount = encrypted - KEY_COMMITMENT_BYTES - cells * CELL_OVERHEAD;
  if (!(byteCount >= 0) || encryptedByteCount(byteCount) !== encrypted)
    throw new LedgerError('corrupt', `No encrypted body has ${encrypted} bytes.`);
  return byteCount;
}
