import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ENCRYPTED_SCHEME, encryptBody, encryptBodyCell } from './body.js';
import { ROLE } from './body-keys.js';
import { CELL_BYTES, cellCount, cellRange, encryptedByteCount, plaintextByteCount } from './cell-range.js';
import { cellKeys } from './cell.js';
import { bodyOf, cellsOf, decryptBody, refusalOf } from './testing/vectors.js';

const keys = cellKeys(randomBytes(32));
const form = { scheme: ENCRYPTED_SCHEME, role: ROLE.instance };
const LENGTHS = [0, 1, CELL_BYTES - 1, CELL_BYTES, CELL_BYTES + 1, 2 * CELL_BYTES, 3 * CELL_BYTES - 1];

describe('encryptBody', () => {
  it.each(LENGTHS)('gives the commitment first, then cells that open one by one: %i bytes', (byteCount) => {
    const plaintext = randomBytes(byteCount);
    const [commit, ...cells] = encryptBody(keys, { ...form, byteCount }, cellsOf(plaintext));
    expect(commit).toEqual(keys.commit);
    expect(cells.length).toBe(cellCount(byteCount));
    const body = Buffer.concat([commit!, ...cells]);
    expect(body.length).toBe(encryptedByteCount(byteCount));
    for (const [number, cell] of cells.entries()) {
      const { offset, byteCount: wanted } = cellRange(byteCount, number);
      expect(body.subarray(offset, offset + wanted).equals(cell)).toBe(true);
    }
    expect(Buffer.concat(decryptBody(keys, form, body) as Buffer[]).equals(plaintext)).toBe(true);
  });

  it('takes one plaintext at a time, and gives its cell before the next is asked for', () => {
    const asked: number[] = [];
    const plaintexts = function* (): Generator<Buffer> {
      for (const number of [0, 1]) yield (asked.push(number), Buffer.alloc(CELL_BYTES));
    };
    const body = encryptBody(keys, { ...form, byteCount: 2 * CELL_BYTES }, plaintexts());
    const askedAt = Array.from(body, () => asked.length);
    expect(askedAt).toEqual([0, 1, 2]);
  });

  it('gives cells that can as well be made one by one, in any order, by several threads', () => {
    const plaintext = randomBytes(3 * CELL_BYTES);
    const body = bodyOf(keys, form, plaintext);
    for (const number of [2, 0, 1]) {
      const one = plaintext.subarray(number * CELL_BYTES, (number + 1) * CELL_BYTES);
      const { offset, byteCount } = cellRange(plaintext.length, number);
      const cell = encryptBodyCell(keys, { ...form, byteCount: plaintext.length }, number, one);
      expect(cell.equals(body.subarray(offset, offset + byteCount))).toBe(true);
    }
  });

  it('gives other cells to the same bytes at another number, count, role and scheme', () => {
    const same = Buffer.alloc(2 * CELL_BYTES, 7);
    const two = bodyOf(keys, form, same);
    const others = [bodyOf(keys, { ...form, role: ROLE.header }, same), bodyOf(keys, { ...form, scheme: 1 }, same)];
    const nonces = [two, ...others, bodyOf(keys, form, Buffer.alloc(CELL_BYTES, 7))].map((body) =>
      body.toString('hex', 32, 44),
    );
    const second = two.toString('hex', cellRange(same.length, 1).offset, cellRange(same.length, 1).offset + 12);
    expect(new Set([...nonces, second]).size).toBe(5);
  });

  it('refuses plaintexts of other lengths, or fewer or more than the body has', async () => {
    const make = (byteCount: number, plaintexts: Buffer[]) =>
      refusalOf(() => [...encryptBody(keys, { ...form, byteCount }, plaintexts)]);
    expect(await make(10, [Buffer.alloc(9)])).toBe('internal');
    expect(await make(CELL_BYTES + 1, [Buffer.alloc(CELL_BYTES)])).toBe('internal');
    expect(await make(1, [])).toBe('internal');
    expect(await make(1, [Buffer.alloc(1), Buffer.alloc(1)])).toBe('corrupt');
  });
});

describe('plaintextByteCount', () => {
  it('takes encryptedByteCount back', () => {
    for (const byteCount of [...LENGTHS, 2 ** 31, 2 ** 31 + 12_345])
      expect(plaintextByteCount(encryptedByteCount(byteCount))).toBe(byteCount);
  });

  it('refuses every length that no plaintext gives', async () => {
    const possible = new Set(Array.from({ length: CELL_BYTES + 300 }, (_, byteCount) => encryptedByteCount(byteCount)));
    const most = encryptedByteCount(CELL_BYTES + 299);
    let refused = 0;
    for (let length = -1; length <= most; length++)
      if (!possible.has(length)) {
        expect(await refusalOf(() => plaintextByteCount(length))).toBe('corrupt');
        refused++;
      }
    expect(refused).toBe(1 + 60 + 28);
  });
});

describe('cellRange', () => {
  it('refuses a cell that the body has not', async () => {
    for (const number of [-1, 1, 0.5, NaN])
      expect(await refusalOf(() => cellRange(CELL_BYTES, number))).toBe('corrupt');
  });
});
