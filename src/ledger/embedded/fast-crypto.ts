import type { CustomCrypto } from '@ethereumjs/common';
import { calculateSigRecovery } from '@ethereumjs/util';
import { secp256k1 } from '../ethereum/secp256k1.js';
import { keccak256 } from '../ethereum/keccak256.js';

/** What the EVM's libraries take in place of their own. */
export const fastCrypto: CustomCrypto = { keccak256: (bytes) => keccak256(bytes), ecrecover };

function ecrecover(hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  const recovery = calculateSigRecovery(v, chainId);
  if (recovery !== 0n && recovery !== 1n) throw new Error('invalid signature v value');
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return secp256k1().ecdsaRecover(signature, Number(recovery), hash, false).subarray(1);
}
