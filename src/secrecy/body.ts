import { LedgerError } from '../base/errors.js';
import type { Role } from './body-keys.js';
import { cellByteCount, cellCount } from './cell-range.js';
import { type CellKeys, decryptCell, encryptCell } from './cell.js';
import { u32, u8 } from './labels.js';

/** The scheme under which an encrypted body is announced: a key commitment, and cells. */
export const ENCRYPTED_SCHEME = 2;

/** What the tag of each cell covers besides the cell. */
export interface BodyForm {
  /** Body coding, as announced. */
  scheme: number;
  role: Role;
  /** Of the plaintext, padding included. */
  byteCount: number;
}

/** One cell, by its number from 0. Throws `internal` when the plaintext has not as many bytes as that cell has. */
export function encryptBodyCell(keys: CellKeys, form: BodyForm, number: number, plaintext: Buffer): Buffer {
  const wanted = cellByteCount(form.byteCount, number);
  if (plaintext.length !== wanted)
    throw new LedgerError(
      'internal',
      `Cell ${number} has ${wanted} bytes of plaintext, and ${plaintext.length} were given.`,
    );
  return encryptCell(keys, placeOf(form, number), plaintext);
}

/** The plaintext of one cell. Throws `corrupt`, without any plaintext, for a cell of another place, body or length. */
export function decryptBodyCell(keys: CellKeys, form: BodyForm, number: number, cell: Buffer): Buffer {
  const wanted = cellByteCount(form.byteCount, number);
  const plaintext = decryptCell(keys, placeOf(form, number), cell);
  if (plaintext.length === wanted) return plaintext;
  throw new LedgerError('corrupt', `Cell ${number} has ${plaintext.length} bytes of plaintext in place of ${wanted}.`);
}

/**
 * An encrypted body in order: the key commitment, then a cell for each buffer of `plaintexts`, which are `CELL_BYTES` long but
 * for the last. Holds one of them at a time. Throws `internal` when they are not `form.byteCount` bytes together.
 */
export function* encryptBody(keys: CellKeys, form: BodyForm, plaintexts: Iterable<Buffer>): Generator<Buffer> {
  yield keys.commit;
  let number = 0;
  for (const plaintext of plaintexts) yield encryptBodyCell(keys, form, number++, plaintext);
  if (number !== cellCount(form.byteCount))
    throw new LedgerError('internal', `${number} cells were given of a body that has ${cellCount(form.byteCount)}.`);
}

function placeOf({ scheme, role, byteCount }: BodyForm, number: number): Buffer {
  return Buffer.concat([u8(scheme), u8(role), u32(number), u32(cellCount(byteCount))]);
}
