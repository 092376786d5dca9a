import type { Hex } from '../ledger.js';

export function toHex(bytes: Uint8Array): Hex {
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return `0x${view.toString('hex')}`;
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

/** A number as JSON-RPC wants it: hex without leading zeros. */
export function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}
