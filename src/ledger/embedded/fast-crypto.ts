import type { CustomCrypto } from '@ethereumjs/common';
import { calculateSigRecovery } from '@ethereumjs/util';
import { secp256k1 } from '../ethereum/secp256k1.js';
import { keccak256 } from '../ethereum/keccak256.js';

/** What the EVM's libraries take in place of their own. */
export const fastCrypto: CustomCrypto = { keccak256: keccak256Once, ecrecover };

/** Twice the most that a contract's code may have (EIP-170): room for what makes one. */
const kept = Buffer.alloc(2 * 24_576);
const MIN_KEPT_BYTES = 1_024;
let keptHash: { byteCount: number; hash: Buffer } | undefined;

/**
 * Keccak-256; the contract hashes what makes a chunk to see whether it is there, and CREATE2 hashes it again: to compare takes a fiftieth.
 */
export function keccak256Once(bytes: Uint8Array): Uint8Array {
  const byteCount = bytes.length;
  if (byteCount < MIN_KEPT_BYTES || byteCount > kept.length) return keccak256(bytes);
  if (keptHash?.byteCount !== byteCount || kept.compare(bytes, 0, byteCount, 0, byteCount) !== 0) {
    kept.set(bytes);
    keptHash = { byteCount, hash: keccak256(bytes) };
  }
  return Uint8Array.from(keptHash.hash);
}

export function ecrecover(hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  const recovery = calculateSigRecovery(v, chainId);
  if (recovery !== 0n && recovery !== 1n) throw new Error('invalid signature v value');
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return secp256k1().ecdsaRecover(signature, Number(recovery), hash, false).subarray(1);
}
