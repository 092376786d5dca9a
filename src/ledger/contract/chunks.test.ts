import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { getCreate2Address, keccak256 } from 'ethers';
import { bufferSource } from '../../base/byte-source.js';
import { chunkAddress, chunkCount, mergeChunks, pieceCount, planPagedBody, splitPiece } from './chunks.js';
import { toHex } from '../ethereum/hex.js';

const contract = randomBytes(20);

describe('chunkAddress', () => {
  it.each([0, 1, 24_575])('is the CREATE2 address of the init code (EIP-1014): %i bytes', (byteCount) => {
    const data = randomBytes(byteCount);
    const initCode = toHex(Buffer.concat([Buffer.from('600b5981380380925939f300', 'hex'), data]));
    const expected = getCreate2Address(toHex(contract), `0x${'00'.repeat(32)}`, keccak256(initCode));
    expect(toHex(chunkAddress(contract, data))).toBe(expected.toLowerCase());
  });
});

describe('splitPiece', () => {
  it.each([
    [0, [0]],
    [1, [1]],
    [24_575, [24_575]],
    [24_576, [24_575, 1]],
    [30_720, [24_575, 6_145]],
  ])('cuts %i bytes into chunks of %j', (byteCount, expected) => {
    expect(splitPiece(Buffer.alloc(byteCount)).map(({ length }) => length)).toEqual(expected);
  });
});

describe('chunkCount', () => {
  it.each([
    [0, 30_720, 0, 0],
    [1, 30_720, 1, 1],
    [30_720, 30_720, 1, 2],
    [30_721, 30_720, 2, 3],
    [2 ** 31, 30_720, 69_906, 139_811],
    [100, 1, 100, 100],
    [24_576, 24_575, 2, 2],
  ])('of %i bytes in pieces of %i: %i pieces, %i chunks', (byteCount, pieceBytes, pieces, chunks) => {
    expect(pieceCount({ byteCount, pieceBytes })).toBe(pieces);
    expect(chunkCount({ byteCount, pieceBytes })).toBe(chunks);
  });
});

describe('planPagedBody', () => {
  it.each([
    [0, []],
    [1, [2]],
    [613, [1_226]],
    [614, [1_228]],
    [615, [1_228, 2]],
  ])('lists the chunks of %i pieces in pages of %j', async (pieces, expected) => {
    const plan = await planPagedBody(contract, bufferSource(Buffer.alloc(pieces * 30_720)), 30_720);
    expect(plan.pages.map((page) => page.length / 20)).toEqual(expected);
    expect(plan.pageAddresses.length / 20).toBe(expected.length);
  });

  it('has a root that follows from the content and its order', async () => {
    const [one, two] = [randomBytes(30_720), randomBytes(30_720)];
    const rootOf = async (...parts: Buffer[]): Promise<string> =>
      toHex((await planPagedBody(contract, bufferSource(Buffer.concat(parts)), 30_720)).root);
    expect(await rootOf(one, two)).toBe(await rootOf(one, two));
    expect(await rootOf(one, two)).not.toBe(await rootOf(two, one));
  });
});

describe('mergeChunks', () => {
  const contents = [randomBytes(600), randomBytes(0), randomBytes(24_575), randomBytes(1)];
  const whole = Buffer.concat(contents);

  it('merges the codes of one answer, which lie one after the other', () => {
    const answer = Buffer.concat(contents.flatMap((content) => [Buffer.alloc(1), content]));
    let at = 7;
    const memory = Buffer.concat([Buffer.alloc(7, 7), answer, Buffer.alloc(7, 7)]);
    const chunks = contents.map(({ length }) => {
      at += 1 + length;
      return memory.subarray(at - length, at);
    });
    expect(mergeChunks(chunks)).toEqual(whole);
    expect(memory.subarray(0, 8)).toEqual(Buffer.from([7, 7, 7, 7, 7, 7, 7, 0]));
    expect(memory.subarray(-7)).toEqual(Buffer.alloc(7, 7));
  });

  it('merges any others, and leaves what lies between them', () => {
    const memory = Buffer.concat(contents.flatMap((content) => [Buffer.alloc(2, 9), content]));
    const before = Buffer.from(memory);
    let at = 0;
    const apart = contents.map(({ length }) => {
      at += 2 + length;
      return memory.subarray(at - length, at);
    });
    for (const chunks of [contents, apart]) expect(mergeChunks(chunks)).toEqual(whole);
    expect(mergeChunks(apart.toReversed())).toEqual(Buffer.concat(contents.toReversed()));
    expect(memory).toEqual(before);
    expect(mergeChunks([])).toEqual(Buffer.alloc(0));
  });
});
