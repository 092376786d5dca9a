/** Big-endian bytes without leading zeros, as RLP and transactions write whole numbers; zero is empty. */
export function integerBytes(value: number | bigint): Buffer {
  const digits = value.toString(16);
  return digits === '0' ? Buffer.alloc(0) : Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex');
}

/** RLP of a list of byte strings (Ethereum Yellow Paper, appendix B). */
export function encodeList(items: readonly Buffer[]): Buffer {
  const parts = items.flatMap((item) =>
    item.length === 1 && item[0]! < 0x80 ? [item] : [lengthPrefix(item.length, 0x80), item],
  );
  const byteCount = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([lengthPrefix(byteCount, 0xc0), ...parts]);
}

function lengthPrefix(byteCount: number, base: number): Buffer {
  if (byteCount <= 55) return Buffer.from([base + byteCount]);
  const length = integerBytes(byteCount);
  return Buffer.concat([Buffer.from([base + 55 + length.length]), length]);
}
