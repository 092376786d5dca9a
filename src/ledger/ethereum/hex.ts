/** `0x` and lower-case hex digits. */
export type Hex = `0x${string}`;

/** Bytes as Ethereum's JSON-RPC writes them ("data"): two digits a byte. */
export function toHex(bytes: Uint8Array): Hex {
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return `0x${view.toString('hex')}`;
}

/** The bytes of a hex string that begins with `0x`. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

/** A whole number as Ethereum's JSON-RPC writes it ("quantity"): hex without leading zeros. Bytes are big-endian. */
export function quantity(value: number | bigint | Uint8Array): Hex {
  if (!(value instanceof Uint8Array)) return `0x${value.toString(16)}`;
  const digits = Buffer.from(value).toString('hex').replace(/^0+/, '');
  return `0x${digits === '' ? '0' : digits}`;
}
