import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { encodedByteCount, multicallCalldata, storePiecesCalldata } from './calldata.js';
import { encodeCall } from './image-ledger.js';
import { toHex } from '../ethereum/hex.js';

const lists = [[], [0], [1], [31, 32, 33], [30_720, 30_720], [5, 0, 24_575]];

describe.each([
  ['storePieces', storePiecesCalldata],
  ['multicall', multicallCalldata],
])('%s', (name, encode) => {
  it.each(lists)('is encoded as ethers does it: %j', (...byteCounts) => {
    const items = byteCounts.map((byteCount) => randomBytes(byteCount));
    expect(encode(items).equals(encodeCall(name, items.map(toHex)))).toBe(true);
  });

  it.each(lists)('is as long as was reckoned: %j', (...byteCounts) => {
    const items = byteCounts.map((byteCount) => Buffer.alloc(byteCount));
    const reckoned = byteCounts.reduce((sum, byteCount) => sum + encodedByteCount(byteCount), 4 + 64);
    expect(encode(items).length).toBe(reckoned);
  });
});
