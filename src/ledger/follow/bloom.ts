import { fromHex } from '../rpc/hex.js';
import { keccak256 } from '../rpc/keccak.js';
import type { Hex } from '../ledger.js';

const bloomBytes = 256;

/** Whether a block with this `logsBloom` may have an event with one of the addresses and one of the first topics (Yellow Paper §4.3.1). */
export function mayHaveEvents(bloom: Hex, addresses: readonly Hex[], topics: readonly Hex[]): boolean {
  const bits = fromHex(bloom);
  if (bits.length !== bloomBytes) return false;
  const has = (value: Hex): boolean => {
    const hash = keccak256(fromHex(value));
    return [0, 2, 4].every((at) => {
      const bit = hash.readUInt16BE(at) % (8 * bloomBytes);
      return (bits[bloomBytes - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0;
    });
  };
  return addresses.some(has) && topics.some(has);
}
