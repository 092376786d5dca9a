import { beforeEach, describe, expect, it } from '@jest/globals';
import { chunksOfPiece, noise, pagedBody, sealImage } from './testing/body.js';
import { siteA, siteB, stranger, TestLedger } from './testing/ledger.js';

describe('storePieces and loadPieces', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await TestLedger.open();
  });

  it.each([0, 1, 24_575, 24_576, 30_719, 30_720])('keeps a piece of %d bytes bit for bit', async (byteCount) => {
    const piece = noise('piece', byteCount);
    await ledger.send(siteA, 'storePieces', [piece]);
    const chunks = await Promise.all(chunksOfPiece(ledger, piece).map((address) => ledger.code(address)));
    expect(chunks.map((chunk) => chunk[0])).toEqual(byteCount > 24_575 ? [0, 0] : [0]);
    expect(Buffer.concat(chunks.map((chunk) => chunk.subarray(1))).equals(piece)).toBe(true);
    const { imageKey } = await sealImage(ledger, { name: 'image', pieces: byteCount === 0 ? [] : [piece] });
    expect(await ledger.call('loadPieces', imageKey, 0, 10)).toBe(`0x${piece.toString('hex')}`);
  });

  it('refuses a piece of 30,721 bytes and says which', async () => {
    const pieces = [noise('a', 30_720), noise('b', 30_721)];
    expect(await ledger.refusal(siteA, 'storePieces', pieces)).toEqual(['PieceTooLong', 1n, 30_721n, 30_720n]);
    expect(await ledger.code(chunksOfPiece(ledger, pieces[0]!)[0]!)).toHaveLength(0);
  });

  it('takes a piece twice, from any site, for less than a hundredth of the gas', async () => {
    const piece = noise('twice', 30_720);
    const first = await ledger.send(siteA, 'storePieces', [piece, piece]);
    const again = await ledger.send(siteB, 'storePieces', [piece]);
    expect(again.gas - 21_000 - 16 * 30_720).toBeLessThan(first.gas / 100);
    expect((await ledger.code(chunksOfPiece(ledger, piece)[1]!)).subarray(1).equals(piece.subarray(24_575))).toBe(true);
  });

  it('refuses a stranger', async () => {
    expect(await ledger.refusal(stranger, 'storePieces', [noise('x', 1)])).toEqual(['NotASite', stranger.address]);
  });

  it('loads any range of pieces, and nothing past the end', async () => {
    const pieces = [noise('0', 30_720), noise('1', 30_720), noise('2', 5)];
    const { imageKey } = await sealImage(ledger, { name: 'image', pieces });
    const load = async (offset: number | bigint, limit: number | bigint) =>
      Buffer.from((await ledger.call<string>('loadPieces', imageKey, offset, limit)).slice(2), 'hex');
    const huge = 2n ** 256n - 1n;
    expect((await load(0, 3)).equals(Buffer.concat(pieces))).toBe(true);
    expect((await load(1, huge)).equals(Buffer.concat(pieces.slice(1)))).toBe(true);
    expect((await load(1, 1)).equals(pieces[1]!)).toBe(true);
    expect((await load(2, 1)).equals(pieces[2]!)).toBe(true);
    expect(await load(0, 0)).toHaveLength(0);
    expect(await load(3, 1)).toHaveLength(0);
    expect(await load(huge, huge)).toHaveLength(0);
  });

  it('stores small pieces of another size in one chunk each', async () => {
    const pieces = [noise('0', 100), noise('1', 100), noise('2', 1)];
    const { imageKey, body } = await sealImage(ledger, { name: 'image', pieces, pieceBytes: 100 });
    expect(body.chunks).toHaveLength(3);
    expect(await ledger.call('getPieceAddresses', imageKey, 1, 5)).toEqual(body.chunks.slice(1));
    expect(await ledger.call('loadPieces', imageKey, 0, 3)).toBe(`0x${Buffer.concat(pieces).toString('hex')}`);
  });
});

describe('an instance of many pieces', () => {
  it.each([1, 613, 614, 615])('of %d comes back in order across its pages', async (pieceCount) => {
    const ledger = await TestLedger.open();
    const distinct = [noise('0', 30_720), noise('1', 30_720), noise('2', 30_720)];
    const pieces = Array.from({ length: pieceCount }, (_, i) => distinct[i % 3]!);
    const { imageKey, body } = await sealImage(ledger, { name: 'image', pieces });
    expect(pagedBody(ledger, pieces).pages).toHaveLength(pieceCount > 614 ? 2 : 1);
    expect(await ledger.call('getPieceCount', imageKey)).toBe(BigInt(pieceCount));
    expect(await ledger.call('getPieceAddresses', imageKey, 0, pieceCount)).toEqual(body.chunks);
    const from = Math.max(0, pieceCount - 3);
    const tail = Buffer.concat(pieces.slice(from));
    expect(await ledger.call('loadPieces', imageKey, from, 5)).toBe(`0x${tail.toString('hex')}`);
  });
});
