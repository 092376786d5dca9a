import { keccak256 } from '../ethereum/keccak.js';

/** Calldata written over buffers, because an ABI library takes 10 to 100 ms for what is sent here (Solidity ABI specification). */
const word = 32;
const storePieces = selector('storePieces(bytes[])');
const multicall = selector('multicall(bytes[])');

export function encodeStorePieces(pieces: readonly Buffer[]): Buffer {
  return encodeBytesList(storePieces, pieces);
}

/** Several calls of the contract as one, in order: all succeed or none. */
export function encodeMulticall(calls: readonly Buffer[]): Buffer {
  return encodeBytesList(multicall, calls);
}

/** What a value of `byteCount` bytes adds to the calldata of either. */
export function encodedByteCount(byteCount: number): number {
  return 2 * word + padded(byteCount);
}

function encodeBytesList(signature: Buffer, items: readonly Buffer[]): Buffer {
  const head = signature.length + 2 * word;
  const data = Buffer.alloc(head + items.reduce((sum, item) => sum + encodedByteCount(item.length), 0));
  signature.copy(data);
  writeWord(data, signature.length, word);
  writeWord(data, signature.length + word, items.length);
  let tail = items.length * word;
  items.forEach((item, i) => {
    writeWord(data, head + i * word, tail);
    writeWord(data, head + tail, item.length);
    item.copy(data, head + tail + word);
    tail += word + padded(item.length);
  });
  return data;
}

function selector(signature: string): Buffer {
  return keccak256(Buffer.from(signature)).subarray(0, 4);
}

function padded(byteCount: number): number {
  return Math.ceil(byteCount / word) * word;
}

function writeWord(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(value, at + word - 4);
}
