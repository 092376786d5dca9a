import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore, type NewBlock } from './store.js';

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function blockWith(code: Uint8Array): NewBlock {
  const hash = digest(Buffer.from('block'));
  const transactions = [Buffer.from('a transaction that does not hold the code')];
  const codes = [{ hash: digest(code), code, transactionIndex: 0 }];
  return {
    number: 1,
    hash,
    header: Buffer.alloc(1),
    transactions,
    transactionHashes: [digest(transactions[0]!)],
    receipts: [],
    logsBloom: undefined,
    nodes: new Map(),
    codes,
  };
}

describe('The code of an account', () => {
  const cases: [string, Buffer][] = [
    ['that is nothing but its 0x00', Buffer.alloc(1)],
    ['of zeros alone', Buffer.alloc(24_576)],
    [
      'that begins with a long run of its first byte',
      Buffer.concat([Buffer.alloc(300), Buffer.from('and then something else')]),
    ],
  ];
  it.each(cases)('%s comes back as it was', async (_, code) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'code-'));
    const store = await openStore(folder);
    try {
      await store.append(blockWith(code));
      expect(Buffer.from(store.code(digest(code)) ?? []).equals(code)).toBe(true);
      expect(store.codeByteCount(digest(code))).toBe(code.length);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});
