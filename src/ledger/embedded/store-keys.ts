/** Keys of the index: a letter, and what is looked for. Numbers are big-endian, so that they are in order. */
export const keys = {
  genesis: key('genesis'),
  head: key('head'),
  accountsRoot: key('accounts-root'),
  block: (number: number) => key('b', numberBytes(number)),
  receipts: (number: number) => key('r', numberBytes(number)),
  logs: (number: number) => key('l', numberBytes(number)),
  number: (hash: Uint8Array) => key('#', hash),
  transaction: (hash: Uint8Array) => key('t', hash),
  node: (hash: string) => key('n', Buffer.from(hash, 'hex')),
  code: (hash: Uint8Array) => key('c', hash),
  account: (address: Uint8Array) => key('a', address),
};

function key(kind: string, ...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(kind), ...parts]);
}

export function numberBytes(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

/** Of a transaction: its block's number and its index there. */
export function placeBytes(number: Uint8Array, index: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set(number);
  bytes.writeUInt32BE(index, 8);
  return bytes;
}
