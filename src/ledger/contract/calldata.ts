import { ADDRESS_BYTES } from './chunks.js';
import { keccak256 } from '../ethereum/keccak256.js';

/** Calldata written over buffers, because an ABI library takes 10 to 100 ms for what is sent here (Solidity ABI specification). */
export const WORD = 32;
const STORE_PIECES = selector('storePieces(bytes[])');
const MULTICALL = selector('multicall(bytes[])');

export function storePiecesCalldata(pieces: readonly Buffer[]): Buffer {
  return encodeBytesList(STORE_PIECES, pieces);
}

/** Several calls of the contract as one, in order: all succeed or none. */
export function multicallCalldata(calls: readonly Buffer[]): Buffer {
  return encodeBytesList(MULTICALL, calls);
}

/**
 * A call whose values all have a fixed size, or are written as the place where they begin and behind the others: numbers, 20 bytes of an
 * address, and whole words.
 */
export function wordsCalldata(signature: string, values: readonly (number | Buffer)[]): Buffer {
  return Buffer.concat([selectorOf(signature), ...values.map(wordsOf)]);
}

/** An `address[]` of packed addresses: their number, and a word for each. */
export function addressWords(packed: Buffer): Buffer {
  const count = packed.length / ADDRESS_BYTES;
  const words = Buffer.alloc((1 + count) * WORD);
  writeWord(words, 0, count);
  for (let i = 0; i < count; i++)
    packed.copy(words, (i + 2) * WORD - ADDRESS_BYTES, i * ADDRESS_BYTES, (i + 1) * ADDRESS_BYTES);
  return words;
}

/** What a value of `byteCount` bytes adds to the calldata of either. */
export function encodedByteCount(byteCount: number): number {
  return 2 * WORD + padded(byteCount);
}

function encodeBytesList(signature: Buffer, items: readonly Buffer[]): Buffer {
  const head = signature.length + 2 * WORD;
  const data = Buffer.alloc(head + items.reduce((sum, item) => sum + encodedByteCount(item.length), 0));
  signature.copy(data);
  writeWord(data, signature.length, WORD);
  writeWord(data, signature.length + WORD, items.length);
  let tail = items.length * WORD;
  items.forEach((item, i) => {
    writeWord(data, head + i * WORD, tail);
    writeWord(data, head + tail, item.length);
    item.copy(data, head + tail + WORD);
    tail += WORD + padded(item.length);
  });
  return data;
}

function selector(signature: string): Buffer {
  return keccak256(Buffer.from(signature)).subarray(0, 4);
}

const selectors = new Map<string, Buffer>();

function selectorOf(signature: string): Buffer {
  let known = selectors.get(signature);
  if (known === undefined) selectors.set(signature, (known = selector(signature)));
  return known;
}

function wordsOf(value: number | Buffer): Buffer {
  if (typeof value !== 'number' && value.length % WORD === 0) return value;
  const word = Buffer.alloc(WORD);
  if (typeof value === 'number') word.writeBigUInt64BE(BigInt(value), WORD - 8);
  else value.copy(word, WORD - value.length);
  return word;
}

function padded(byteCount: number): number {
  return Math.ceil(byteCount / WORD) * WORD;
}

function writeWord(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(value, at + WORD - 4);
}
