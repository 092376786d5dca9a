import { randomBytes } from 'node:crypto';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';

/** An account with its key. */
export interface KeptAccount {
  key: Buffer;
  account: Hex;
}

export function newKeptAccount(): KeptAccount {
  const key = randomBytes(32);
  return { key, account: accountOf(key) };
}
