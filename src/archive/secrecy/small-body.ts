import { ENCRYPTED_SCHEME, decryptBodyCell, encryptBody } from '../../secrecy/body.js';
import type { Role } from '../../secrecy/body-keys.js';
import { CELL_BYTES, cellCount, cellRange, encryptedByteCount, plaintextByteCount } from '../../secrecy/cell-range.js';
import { type CellKeys, isCommitOf, KEY_COMMITMENT_BYTES } from '../../secrecy/cell.js';
import { padSmallBody, smallBodyByteCount, unpadSmallBody } from '../../secrecy/padding.js';
import { otherKey } from './other-key.js';

interface SmallBodyKeys {
  keys: CellKeys;
  role: Role;
}

/** The encrypted body of a header or a preview. */
export function encryptSmallBody(
  content: Buffer,
  { keys, role, isPadded }: SmallBodyKeys & { isPadded: boolean },
): Buffer {
  const padded = padSmallBody(content, { isPadded });
  return Buffer.concat([...encryptBody(keys, formOf(role, padded.length), cellsOf(padded))]);
}

/**
 * Takes `encryptSmallBody` back. Throws `corrupt` for damage, and what `isOtherKey` knows for a body of another key; before all of
 * it was found right, none of it is given.
 */
export function decryptSmallBody(body: Buffer, { keys, role }: SmallBodyKeys): Buffer {
  if (!isCommitOf(keys, body.subarray(0, KEY_COMMITMENT_BYTES))) throw otherKey();
  const form = formOf(role, plaintextByteCount(body.length));
  const cells = Array.from({ length: cellCount(form.byteCount) }, (_, number) => {
    const { offset, byteCount } = cellRange(form.byteCount, number);
    return decryptBodyCell(keys, form, number, body.subarray(offset, offset + byteCount));
  });
  return unpadSmallBody(cells.length === 1 ? cells[0]! : Buffer.concat(cells));
}

/** How long the encrypted body of a header or a preview of so many bytes is, with its padding. */
export function encryptedSmallBodyBytes(byteCount: number): number {
  return encryptedByteCount(smallBodyByteCount(byteCount));
}

function formOf(role: Role, byteCount: number): { scheme: number; role: Role; byteCount: number } {
  return { scheme: ENCRYPTED_SCHEME, role, byteCount };
}

function* cellsOf(padded: Buffer): Generator<Buffer> {
  for (let number = 0; number < cellCount(padded.length); number++)
    yield padded.subarray(number * CELL_BYTES, (number + 1) * CELL_BYTES);
}
