import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sealHeader } from './block-header.js';
import type { BodyFile } from './body-file.js';
import { chainRules } from './chain-rules.js';
import { codeRecord, readCode, readCodeByteCount } from './code-record.js';
import { openStore, type NewBlock } from './store.js';
import * as test from '../testing/embedded-chain.js';

/** `bytes` as if they lay at `offset` of the body file. */
function fileOf(bytes: Buffer, offset: number): BodyFile {
  return {
    read: (at, into) => into.set(bytes.subarray(at - offset, at - offset + into.length)),
    write: () => Promise.reject(new Error('not written')),
    close: () => Promise.resolve(),
  };
}

function codeOf(bodies: BodyFile, record: Uint8Array): Buffer {
  const code = Buffer.alloc(readCodeByteCount(record));
  readCode(bodies, record, code);
  return code;
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
      expect(codeOf(fileOf(transaction, offset), record)).toEqual(code);
    },
  );

  it('finds code that begins with a run, behind a longer run of the same', () => {
    const bytes = Buffer.concat([Buffer.alloc(5000), transaction, Buffer.alloc(5000)]);
    const code = bytes.subarray(3999, 3999 + 3000);
    expect(readCodeByteCount(codeRecord(code, bytes, offset)!)).toBe(3000);
    expect(codeOf(fileOf(bytes, offset), codeRecord(code, bytes, offset)!)).toEqual(code);
  });

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

describe('a code that is not in its transaction', () => {
  const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  const blockWith = (code: Uint8Array): NewBlock => {
    const transactions = [Buffer.from('a transaction that does not hold the code')];
    return {
      number: 1,
      hash: digest(Buffer.from('block')),
      header: sealHeader(chainRules(1), { number: 1 }).serialize(),
      transactions,
      transactionHashes: [digest(transactions[0]!)],
      receipts: [],
      logsBloom: undefined,
      nodes: new Map(),
      codes: [{ hash: digest(code), code, transactionIndex: 0 }],
      accounts: new Map(),
    };
  };

  it.each([
    ['nothing but its 0x00', Buffer.alloc(1)],
    ['zeros alone', Buffer.alloc(24_576)],
    ['a long run and something else', Buffer.concat([Buffer.alloc(300), Buffer.from('and then something else')])],
  ])('comes back as it was: %s', async (_, code) => {
    const folder = test.newFolder();
    const store = await openStore(folder);
    try {
      await store.append(blockWith(code));
      expect(Buffer.from(store.codes([digest(code)])[0]!)).toEqual(code);
      expect(store.codeByteCount(digest(code))).toBe(code.length);
    } finally {
      await store.close();
      test.removeFolder(folder);
    }
  });
});
