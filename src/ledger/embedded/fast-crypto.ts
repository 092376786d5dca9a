import type { CustomCrypto } from '@ethereumjs/common';
import { calculateSigRecovery } from '@ethereumjs/util';
import { LRUCache } from 'lru-cache';
import { secp256k1 } from '../ethereum/secp256k1.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { KEPT_CODE_BYTES } from './limits.js';

/** What the EVM's libraries take in place of their own. */
export const fastCrypto: CustomCrypto = { keccak256: keccak256Once, ecrecover };

/** What makes a chunk (EIP-170), and no more. */
const MAX_KEPT_BYTES = 24_576 + 64;
const MIN_KEPT_BYTES = 1_024;
/** By these bytes of it, what was hashed is found again; then all of it is compared. */
const SAMPLE = { at: 512, byteCount: 16 };

const kept = new LRUCache<string, { bytes: Buffer; hash: Buffer }>({
  maxSize: KEPT_CODE_BYTES,
  sizeCalculation: ({ bytes }) => bytes.length,
});

/**
 * Keccak-256. What makes a chunk is hashed by the contract, which sees whether the chunk is there, by CREATE2, and by the contract's proof, some
 * blocks later: to compare takes a fiftieth.
 */
export function keccak256Once(bytes: Uint8Array): Uint8Array {
  if (bytes.length < MIN_KEPT_BYTES || bytes.length > MAX_KEPT_BYTES) return keccak256(bytes);
  const sample = Buffer.from(bytes.buffer, bytes.byteOffset + SAMPLE.at, SAMPLE.byteCount).toString('latin1');
  const known = kept.get(sample);
  if (known?.bytes.equals(bytes)) return Uint8Array.from(known.hash);
  const hash = keccak256(bytes);
  kept.set(sample, { bytes: Buffer.from(bytes), hash });
  return Uint8Array.from(hash);
}

export function ecrecover(hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  const recovery = calculateSigRecovery(v, chainId);
  if (recovery !== 0n && recovery !== 1n) throw new Error('invalid signature v value');
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  return secp256k1().ecdsaRecover(signature, Number(recovery), hash, false).subarray(1);
}
