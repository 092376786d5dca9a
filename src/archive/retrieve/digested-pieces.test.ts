import { describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Body, Ledger } from '../../ledger/ledger.js';
import { createDigestedPieces } from './digested-pieces.js';

const PIECE = 16;

function bodyOf(bytes: Buffer, sha256 = toHex(createHash('sha256').update(bytes).digest())): Body {
  return { contract: '0xc1', scheme: 2, byteCount: bytes.length, pieceBytes: PIECE, sha256, root: '0x00', list: [] };
}

/** A ledger that has one body, and how often each of its pieces was read. */
function ledgerWith(bytes: Buffer) {
  const reads: number[] = [];
  const readPieces: Ledger['readPieces'] = async (_, first, count) =>
    Array.from({ length: Math.min(count, Math.ceil(bytes.length / PIECE) - first) }, (_, i) => {
      reads[first + i] = (reads[first + i] ?? 0) + 1;
      return bytes.subarray((first + i) * PIECE, (first + i + 1) * PIECE);
    });
  return { readPieces, reads };
}

describe('createDigestedPieces', () => {
  it.each([
    ['nothing was read', 1000, []],
    ['the body is empty', 0, []],
    ['all was read in order', 8 * PIECE, [0, 2, 4, 6]],
    ['all was read, backwards', 8 * PIECE, [6, 4, 2, 0]],
    ['its end was read first, and some of it again', 9 * PIECE + 3, [8, 0, 2, 1, 3, 5, 4, 6, 0]],
    ['only its middle was read', 9 * PIECE, [4]],
  ])('finds what was announced where %s', async (_, byteCount, order) => {
    const bytes = randomBytes(byteCount);
    const body = bodyOf(bytes);
    const { readPieces, reads } = ledgerWith(bytes);
    const pieces = createDigestedPieces({ readPieces }, body);
    for (const first of order) {
      const [piece] = await pieces.readPieces(body, first, 2);
      expect(piece?.equals(bytes.subarray(first * PIECE, (first + 1) * PIECE))).toBe(true);
    }
    const before = [...reads];
    expect(await pieces.fault()).toBeUndefined();
    expect(Array.from(reads, (count) => count > 0)).toEqual(Array(Math.ceil(byteCount / PIECE)).fill(true));
    // What had been read to the end is read no more.
    if (order.length >= 4) expect(reads).toEqual(before);
  });

  it('finds it in whatever order, also where more comes out of turn than is kept', async () => {
    const bytes = randomBytes(700 * PIECE + 5);
    const body = bodyOf(bytes);
    const pieces = createDigestedPieces(ledgerWith(bytes), body);
    for (let first = 690; first > 30; first -= 10) await pieces.readPieces(body, first, 10);
    expect(await pieces.fault()).toBeUndefined();
  });

  it('names both digests where they differ', async () => {
    const bytes = randomBytes(100);
    const announced = toHex(randomBytes(32));
    const there = toHex(createHash('sha256').update(bytes).digest());
    expect(await createDigestedPieces(ledgerWith(bytes), bodyOf(bytes, announced)).fault()).toEqual({
      reason: 'bytes',
      detail: `SHA-256 of the encrypted bytes on the chain is ${there}, announced was ${announced}.`,
    });
  });

  it('takes bytes that are wrong for ever as a fault, and nothing that may pass', async () => {
    const failing = (retryable: boolean): Pick<Ledger, 'readPieces'> => ({
      readPieces: () => Promise.reject(new LedgerError('corrupt', 'They are others.', { retryable })),
    });
    const body = bodyOf(randomBytes(100));
    expect(await createDigestedPieces(failing(false), body).fault()).toEqual({
      reason: 'bytes',
      detail: 'They are others.',
    });
    await expect(createDigestedPieces(failing(true), body).fault()).rejects.toMatchObject({ retryable: true });
  });
});
