import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import type { EmbeddedChain } from './embedded-chain.js';
import * as test from '../testing/embedded-chain.js';

/** What geth v1.13 and later answer to the same. */
describe('eth_sendRawTransaction', () => {
  let folder: string;
  let chain: EmbeddedChain;
  let rpc: test.Rpc;
  const poorKey = Buffer.alloc(32, 9);
  const send = (transaction: test.TestTransaction): Promise<Hex> =>
    rpc('eth_sendRawTransaction', test.sign(transaction).raw);
  const refusal = (message: string | RegExp): object => ({
    code: -32000,
    message: expect.stringMatching(message) as unknown,
  });

  beforeAll(async () => {
    folder = test.newFolder();
    chain = await test.openTestChain(folder, 600_000); // one block, then none while the tests run
    rpc = test.rpcOf(chain);
    await test.sendAndWait(chain, { to: accountOf(poorKey) });
  });
  afterAll(async () => {
    await chain.close();
    test.removeFolder(folder);
  });

  it('refuses a nonce that is in a block', async () => {
    await expect(send({ nonce: 0 })).rejects.toMatchObject(refusal(/^nonce too low: next nonce 1, tx nonce 0$/));
  });

  it('says of a second sending that it is known, and answers the hash to the first', async () => {
    const transaction = { nonce: 1, to: test.account };
    expect(await send(transaction)).toBe(test.sign(transaction).hash);
    await expect(send(transaction)).rejects.toMatchObject(refusal(/^already known$/));
  });

  it('replaces a transaction for a tenth more, not for less', async () => {
    const first = { nonce: 2, to: test.account, gasPrice: 100n };
    await send(first);
    await expect(send({ ...first, gasPrice: 109n })).rejects.toMatchObject(
      refusal(/^replacement transaction underpriced$/),
    );
    await send({ ...first, gasPrice: 110n });
    expect(await rpc('eth_getTransactionByHash', test.sign(first).hash)).toBeNull();
  });

  it('refuses an account that cannot pay', async () => {
    await expect(send({ nonce: 0, key: poorKey })).rejects.toMatchObject(
      refusal(/^insufficient funds for gas \* price \+ value/),
    );
  });

  it('refuses gas below the least and above the block, and takes both limits', async () => {
    const to = test.account;
    await expect(send({ nonce: 5, to, gasLimit: 20_999n })).rejects.toMatchObject(refusal(/^intrinsic gas too low/));
    await expect(send({ nonce: 5, to, data: '0x0001', gasLimit: 21_019n })).rejects.toMatchObject(
      refusal(/minimum needed 21020$/),
    );
    await send({ nonce: 5, to, data: '0x0001', gasLimit: 21_020n });
    await expect(send({ nonce: 6, to, gasLimit: 800_000_001n })).rejects.toMatchObject(
      refusal(/^exceeds block gas limit$/),
    );
    await send({ nonce: 6, to, gasLimit: 800_000_000n });
  });

  it('takes a transaction of 131,072 bytes and refuses one of 131,073', async () => {
    const sized = (byteCount: number): test.TestTransaction => {
      const transaction = (dataBytes: number): test.TestTransaction => ({
        nonce: 7,
        to: test.account,
        gasLimit: 3_000_000n,
        data: `0x${'01'.repeat(dataBytes)}`,
      });
      const overhead = (test.sign(transaction(131_000)).raw.length - 2) / 2 - 131_000;
      return transaction(byteCount - overhead);
    };
    await expect(send(sized(131_073))).rejects.toMatchObject(
      refusal(/^oversized data: transaction size 131073, limit 131072$/),
    );
    await send(sized(131_072));
  });

  it('refuses another chain, a price of nothing, and what is no transaction', async () => {
    await expect(send({ nonce: 8, chainId: 1n })).rejects.toMatchObject(
      refusal(/^invalid chain id for signer: have 1 want 53696$/),
    );
    await expect(send({ nonce: 8, gasPrice: 0n })).rejects.toMatchObject(refusal(/^transaction underpriced/));
    await expect(rpc('eth_sendRawTransaction', '0x02c0')).rejects.toMatchObject(
      refusal(/^transaction type not supported$/),
    );
    await expect(rpc('eth_sendRawTransaction', '0xc0')).rejects.toMatchObject(refusal(/^rlp/));
    await expect(rpc('eth_sendRawTransaction', '0x')).rejects.toMatchObject(refusal(/short$/));
  });

  it('takes bytes as well as hex', async () => {
    const { raw, hash } = test.sign({ nonce: 9, to: test.account });
    const padded = Buffer.from(`00${raw.slice(2)}00`, 'hex');
    expect(await chain.sendRawTransactionBytes(padded.subarray(1, -1))).toBe(hash);
  });
});
