import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Address } from '@ethereumjs/util';
import type { Hex } from '../ethereum/hex.js';
import { LIMITS } from './limits.js';
import { createPool } from './pool.js';
import type { EmbeddedChain } from './embedded-chain.js';
import * as test from '../testing/embedded-chain.js';
import type { SignedTransaction } from './transaction.js';

describe('a block', () => {
  let folder: string;
  let chain: EmbeddedChain;
  let rpc: test.Rpc;
  beforeAll(async () => {
    folder = test.newFolder();
    chain = await test.openTestChain(folder);
    rpc = test.rpcOf(chain);
  });
  afterAll(async () => {
    await chain.close();
    test.removeFolder(folder);
  });

  /** Blocks of the transactions. The first is sent last, so that all can be in a block at the same moment. */
  async function blocksOf(transactions: Omit<test.TestTransaction, 'nonce'>[]): Promise<Record<string, Hex>[]> {
    const nonce = await test.nextNonce(chain);
    const sent = transactions.map((transaction, index) => test.sign({ ...transaction, nonce: nonce + index }));
    const { blockNumber: last } = await test.receiptOf(chain, sent.at(-1)!.hash, async () => {
      for (const { raw } of sent.toReversed()) await rpc('eth_sendRawTransaction', raw);
    });
    const numbers = new Set([last]);
    for (const { hash } of sent) numbers.add((await rpc<test.Receipt>('eth_getTransactionReceipt', hash)).blockNumber);
    return Promise.all(
      [...numbers].sort().map((number) => rpc<Record<string, Hex>>('eth_getBlockByNumber', number, false)),
    );
  }

  it('holds at most 8 MB of transactions', async () => {
    const data: Hex = `0x${'00'.repeat(130_000)}`;
    const blocks = await blocksOf(Array.from({ length: 65 }, () => ({ to: test.account, data })));
    expect(blocks.length).toBeGreaterThan(1);
    for (const { size } of blocks) expect(Number(size)).toBeLessThanOrEqual(LIMITS.blockBytes + 1000);
    expect(Math.max(...blocks.map(({ size }) => Number(size)))).toBeGreaterThan(7_800_000);
  });

  it('holds a transaction only when all the gas that it may use is left', async () => {
    const two = (gasLimit: bigint): Promise<unknown[]> =>
      blocksOf([
        { to: test.account, gasLimit: 400_000_000n },
        { to: test.account, gasLimit },
      ]);
    expect(await two(LIMITS.blockGas - 21_000n)).toHaveLength(1);
    expect(await two(LIMITS.blockGas - 20_999n)).toHaveLength(2);
  });
});

describe('createPool', () => {
  const transaction = (nonce: number, byteCount: number): SignedTransaction =>
    ({
      raw: { length: byteCount },
      hash: Buffer.from([nonce]),
      from: new Address(new Uint8Array(20)),
      tx: { nonce: BigInt(nonce), gasLimit: 1n, gasPrice: 1n, value: 0n },
    }) as SignedTransaction;
  const sender = { nonce: 0n, balance: 10n };

  it('is full at its number of bytes, and not when some are gone', () => {
    const pool = createPool();
    pool.add(transaction(0, 1), sender);
    expect(() => pool.add(transaction(1, LIMITS.poolBytes), sender)).toThrow('txpool is full');
    pool.add(transaction(1, LIMITS.poolBytes - 1), sender);
    expect(() => pool.add(transaction(2, 1), sender)).toThrow('txpool is full');
    pool.remove(transaction(0, 1));
    pool.add(transaction(2, 1), sender);
  });
});
