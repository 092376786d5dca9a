import { readFileSync } from 'node:fs';
import { LedgerError } from '../../base/errors.js';
import { type BodyOwner, bodyKeys, type Role } from '../body-keys.js';
import { type BodyForm, decryptBodyCell, encryptBody } from '../body.js';
import { CELL_BYTES, cellCount, cellRange, plaintextByteCount } from '../cell-range.js';
import { type CellKeys, isCommitOf } from '../cell.js';
import type { Ring } from '../ring.js';
import { readRing, writeRing } from '../write-ring.js';
import type { StudyNode } from '../tree.js';

/** A file of `conformance/vectors`, which another program has made (`make_vectors.py`). */
export function vectors<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(`conformance/vectors/${name}.json`, 'utf8')) as Shape;
}

export const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

export const ringOfHex = (hex: string): Ring => readRing(fromHex(hex)).ring;
export const hexOfRing = (ring: Ring): string => writeRing(ring).toString('hex');

/** A study's node that was not derived here. */
export const studyOf = (hex: string): StudyNode => fromHex(hex) as StudyNode;

/** How the vectors fill what they do not give: byte i is (167 i + 13 ⌊i / 256⌋) mod 256. */
export const filled = (byteCount: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: byteCount }, (_, i) => i * 167 + (i >> 8) * 13));

/** What JSON has of a body's owner. */
export interface JsonOwner {
  role: Role;
  chainId: number;
  contract: string;
  siteId: number;
  imageKey: string;
}

const ownerOf = ({ role, chainId, contract, siteId, imageKey }: JsonOwner): BodyOwner => ({
  ...{ role, chainId: BigInt(chainId), contract: fromHex(contract), siteId, imageKey: fromHex(imageKey) },
});

export const keysOf = (study: string, owner: JsonOwner): CellKeys => bodyKeys(studyOf(study), ownerOf(owner));

export function* cellsOf(plaintext: Buffer): Generator<Buffer> {
  for (let number = 0; number < cellCount(plaintext.length); number++)
    yield plaintext.subarray(number * CELL_BYTES, (number + 1) * CELL_BYTES);
}

/** A whole body at once. */
export function bodyOf(keys: CellKeys, form: Omit<BodyForm, 'byteCount'>, plaintext: Buffer): Buffer {
  return Buffer.concat([...encryptBody(keys, { ...form, byteCount: plaintext.length }, cellsOf(plaintext))]);
}

/** Opens every cell of a body; the code of the refusal for each that can't be. `not-our-key` for all. */
export function decryptBody(
  keys: CellKeys,
  form: Omit<BodyForm, 'byteCount'>,
  body: Buffer,
): (Buffer | string)[] | string {
  if (!isCommitOf(keys, body.subarray(0, 32))) return 'not-our-key';
  let byteCount: number;
  try {
    byteCount = plaintextByteCount(body.length);
  } catch (error) {
    return codeOf(error);
  }
  return Array.from({ length: cellCount(byteCount) }, (_, number) => {
    const { offset, byteCount: wanted } = cellRange(byteCount, number);
    try {
      return decryptBodyCell(keys, { ...form, byteCount }, number, body.subarray(offset, offset + wanted));
    } catch (error) {
      return codeOf(error);
    }
  });
}

function codeOf(error: unknown): string {
  if (error instanceof LedgerError) return error.code;
  throw error;
}

/** The code of the error that `action` ends with. */
export async function refusalOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    return codeOf(error);
  }
  return 'nothing was refused';
}
