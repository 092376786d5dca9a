import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { recoverAddress, Signature } from 'ethers';
import { accountOf } from './sign.js';
import { accountsOfSignature, signDigest } from './sign-digest.js';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const key = randomBytes(32);
const digest = randomBytes(32);

describe('signDigest', () => {
  it('gives a signature that ethers knows as the account’s, by one of its two recoveries', () => {
    const signature = signDigest(digest, key).toString('hex');
    const [r, s] = [`0x${signature.slice(0, 64)}`, `0x${signature.slice(64)}`];
    const accounts = [27, 28].map((v) => recoverAddress(digest, Signature.from({ r, s, v })).toLowerCase());
    expect(accounts).toContain(accountOf(key));
    expect(accountsOfSignature(digest, signDigest(digest, key)).toSorted()).toEqual(accounts.toSorted());
  });
});

describe('accountsOfSignature', () => {
  it('has the account that has signed, and not for another digest', () => {
    const signature = signDigest(digest, key);
    expect(accountsOfSignature(digest, signature)).toContain(accountOf(key));
    expect(accountsOfSignature(randomBytes(32), signature)).not.toContain(accountOf(key));
  });

  it('is empty for what is no signature, and for one whose s is of the upper half', () => {
    expect(accountsOfSignature(digest, Buffer.alloc(64))).toEqual([]);
    expect(accountsOfSignature(digest, Buffer.alloc(63, 1))).toEqual([]);
    const signature = signDigest(digest, key);
    const s = ORDER - BigInt(`0x${signature.toString('hex', 32)}`);
    const high = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    expect(accountsOfSignature(digest, high)).toEqual([]);
  });
});
