import { encodedByteCount } from './calldata.js';
import { chunksOfPiece } from './chunks.js';

/*
 * Upper bounds of gas, so that bulk is never sent twice to be estimated. Prices: Berlin rules (EIP-2028 16 a byte of
 * calldata, EIP-170/Yellow Paper 200 a byte of code and 32,000 a creation, EIP-2929 2,600 a cold account).
 */
/** 21,000 a transaction; the rest is for EIP-150, by which a creation may use 63 of 64 parts of what is left. */
export const BASE_GAS = 150_000;
/** Transactions stay below the limit of nodes (131,072 bytes) and of chains with Osaka rules (EIP-7825). */
export const MAX_TRANSACTION_BYTES = 120_000;
export const MAX_TRANSACTION_GAS = 16_000_000;

export function calldataGas(byteCount: number): number {
  return 16 * byteCount;
}

export function storeGas(pieceByteCount: number): number {
  const chunks = chunksOfPiece(pieceByteCount);
  return calldataGas(encodedByteCount(pieceByteCount)) + 206 * pieceByteCount + 46_000 * chunks;
}

export const WITHDRAW_GAS = 300_000;
/** Of retiring and restoring. */
export const END_GAS = 250_000;
export const OPEN_RING_GAS = 150_000;
export const SHARE_GAS = 150_000;
export const ANCHOR_GAS = 100_000;
