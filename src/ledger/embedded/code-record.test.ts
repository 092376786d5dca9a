import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { BodyFile } from './body-file.js';
import { codeRecord, readCode, readCodeByteCount } from './code-record.js';

/** `bytes` as if they lay at `offset` of the body file. */
function fileOf(bytes: Buffer, offset: number): BodyFile {
  return {
    read: (at, byteCount) => Uint8Array.from(bytes.subarray(at - offset, at - offset + byteCount)),
    write: () => Promise.reject(new Error('not written')),
    close: () => Promise.resolve(),
  };
}

describe('codeRecord', () => {
  const offset = 2 ** 40 + 5;
  const transaction = randomBytes(1000);

  it.each([0, 1, 63, 64, 65, 900])(
    'finds code of a first byte of its own and %i bytes of the transaction',
    (byteCount) => {
      const code = Buffer.concat([Buffer.from([0]), transaction.subarray(100, 100 + byteCount)]);
      const record = codeRecord(code, transaction, offset)!;
      expect(readCodeByteCount(record)).toBe(byteCount + 1);
      expect(Buffer.from(readCode(fileOf(transaction, offset), record))).toEqual(code);
    },
  );

  it('does not take what begins alike and ends otherwise, or is not there', () => {
    const code = Buffer.concat([Buffer.from([0]), transaction.subarray(100, 300)]);
    code[200]! ^= 1;
    expect(codeRecord(code, transaction, offset)).toBeUndefined();
    expect(codeRecord(Buffer.concat([code, code]), transaction, offset)).toBeUndefined();
    expect(codeRecord(randomBytes(100), transaction, offset)).toBeUndefined();
    expect(
      codeRecord(Buffer.concat([Buffer.from([0]), transaction, Buffer.from([1])]), transaction, offset),
    ).toBeUndefined();
  });
});
