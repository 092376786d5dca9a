import { RLP } from '@ethereumjs/rlp';
import type { BodyFile } from './body-file.js';

/** A block as the chain keeps it: without its transactions' bytes, which lie in the body file. */
export interface StoredBlock {
  number: number;
  hash: Buffer;
  header: Uint8Array;
  transactionHashes: Uint8Array[];
  /** Of all transactions together. */
  transactionBytes: number;
}

/** What the index keeps of a block: header, hash, where its transactions begin, their lengths and hashes. */
type BlockRecord = [Uint8Array, Uint8Array, Uint8Array, Uint8Array[], Uint8Array];

export function encodeBlockRecord(
  block: Pick<StoredBlock, 'hash' | 'header' | 'transactionHashes'> & { transactions: readonly Uint8Array[] },
  offset: number,
): Uint8Array {
  return RLP.encode([
    block.header,
    block.hash,
    offset,
    block.transactions.map(({ length }) => length),
    Buffer.concat(block.transactionHashes),
  ]);
}

export function decodeBlockRecord(number: number, record: Uint8Array): StoredBlock {
  const [header, hash, , lengths, hashes] = RLP.decode(record) as unknown as BlockRecord;
  return {
    number,
    hash: Buffer.from(hash),
    header,
    transactionHashes: lengths.map((_, index) => hashes.subarray(32 * index, 32 * index + 32)),
    transactionBytes: lengths.reduce((sum, length) => sum + integer(length), 0),
  };
}

export function loadTransaction(
  bodies: BodyFile,
  record: Uint8Array | undefined,
  index: number,
): Uint8Array | undefined {
  if (record === undefined) return undefined;
  const [, , offset, lengths] = RLP.decode(record) as unknown as BlockRecord;
  const byteCount = lengths[index];
  if (byteCount === undefined) return undefined;
  const before = lengths.slice(0, index).reduce((sum, length) => sum + integer(length), 0);
  const transaction = new Uint8Array(integer(byteCount));
  bodies.read(integer(offset) + before, transaction);
  return transaction;
}

const integer = (bytes: Uint8Array): number =>
  bytes.length === 0 ? 0 : Number(`0x${Buffer.from(bytes).toString('hex')}`);
