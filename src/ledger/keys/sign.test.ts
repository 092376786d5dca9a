import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Transaction, Wallet } from 'ethers';
import { fromHex, toHex } from '../ethereum/hex.js';
import { accountOf, signTransaction } from './sign.js';

const key = randomBytes(32);
const wallet = new Wallet(toHex(key));
const to = randomBytes(20);

describe('signTransaction', () => {
  it.each([0, 1, 55, 56, 255, 256, 65_535, 65_536, 120_000])(
    'gives the bytes that ethers gives: %i of data',
    (byteCount) => {
      expectAsEthers({ nonce: 7, data: randomBytes(byteCount), to });
    },
  );

  it.each([0, 1, 127, 128, 255, 256, 2 ** 40])('gives the bytes that ethers gives: nonce %i', (nonce) => {
    expectAsEthers({ nonce, data: Buffer.from([0x7f]), to });
  });

  it('gives the bytes that ethers gives: a deployment', () => {
    expectAsEthers({ nonce: 0, data: randomBytes(300), to: undefined });
  });

  it.each([0n, 1n, 2n ** 100n])('gives the bytes that ethers gives: %i wei', (value) => {
    expectAsEthers({ nonce: 1, data: Buffer.alloc(0), to, value });
  });

  it('gives the bytes that ethers gives when r or s begins with a zero byte', () => {
    let found = 0;
    for (let nonce = 0; found < 2; nonce++) {
      const { raw } = signTransaction(transaction({ nonce, data: Buffer.alloc(0), to }), key);
      const { r, s } = Transaction.from(toHex(raw)).signature!;
      if (!r.startsWith('0x00') && !s.startsWith('0x00')) continue;
      found++;
      expectAsEthers({ nonce, data: Buffer.alloc(0), to });
    }
  });
});

describe('accountOf', () => {
  it('is the address of the key', () => {
    expect(accountOf(key)).toBe(wallet.address.toLowerCase());
  });
});

interface Varied {
  nonce: number;
  data: Buffer;
  to: Buffer | undefined;
  value?: bigint;
}

function transaction(varied: Varied): Parameters<typeof signTransaction>[0] {
  return { chainId: 20_261n, gasPrice: 1n, gasLimit: 16_000_000n, ...varied };
}

function expectAsEthers(varied: Varied): void {
  const { chainId, gasPrice, gasLimit, nonce, value = 0n, data } = transaction(varied);
  const theirs = Transaction.from({
    type: 0,
    ...{ chainId, gasPrice, gasLimit, nonce, value, data: toHex(data) },
    to: varied.to && toHex(varied.to),
  });
  theirs.signature = wallet.signingKey.sign(theirs.unsignedHash);
  const { raw, hash } = signTransaction(transaction(varied), key);
  expect(raw.equals(fromHex(theirs.serialized))).toBe(true);
  expect(hash).toBe(theirs.hash);
}
