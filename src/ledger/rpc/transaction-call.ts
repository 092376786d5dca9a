/** A call of `eth_sendRawTransaction` as the bytes that go over the wire. */
export interface TransactionCall {
  method: 'eth_sendRawTransaction';
  /** The call's JSON from its method on, without the closing brace. */
  json: Buffer;
}

/** The same transaction goes to every node, and to a full pool more than once. */
const made = new WeakMap<Uint8Array, TransactionCall>();

/** The call that sends a signed transaction, made once as long as somebody holds its bytes. */
export function transactionCall(raw: Uint8Array): TransactionCall {
  const known = made.get(raw);
  if (known) return known;
  const hex = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('hex');
  const json = Buffer.from(`"method":"eth_sendRawTransaction","params":["0x${hex}"]`, 'latin1');
  const call = { method: 'eth_sendRawTransaction', json } as const;
  made.set(raw, call);
  return call;
}
