import { RLP } from '@ethereumjs/rlp';

/**
 * The RLP of a list in pieces, to be hashed or written one after the other: long items stand in it as they are and are not copied
 * (Yellow Paper appendix B).
 */
export function rlpListParts(items: readonly (Uint8Array | number | bigint)[]): Uint8Array[] {
  const parts = items.flatMap((item) => (isLong(item) ? [head(LONG_STRING, item.length), item] : [RLP.encode(item)]));
  const byteCount = parts.reduce((sum, { length }) => sum + length, 0);
  return [byteCount > SHORT_BYTES ? head(LONG_LIST, byteCount) : Uint8Array.of(SHORT_LIST + byteCount), ...parts];
}

/** Up to so many bytes the length is in the first byte. */
const SHORT_BYTES = 55;
const SHORT_LIST = 0xc0;
const LONG_STRING = 0xb7;
const LONG_LIST = 0xf7;

function isLong(item: Uint8Array | number | bigint): item is Uint8Array {
  return item instanceof Uint8Array && item.length > SHORT_BYTES;
}

function head(kind: number, byteCount: number): Uint8Array {
  const length = [24, 16, 8, 0].map((shift) => (byteCount >>> shift) & 0xff);
  const digits = length.slice(length.findIndex((byte) => byte !== 0));
  return Uint8Array.of(kind + digits.length, ...digits);
}
