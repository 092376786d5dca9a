import { keccak256 } from '../ethereum/keccak256.js';

/** Calldata written over buffers, because an ABI library takes 10 to 100 ms for what is sent here (Solidity ABI specification). */
const WORD = 32;
const STORE_PIECES = selector('storePieces(bytes[])');
const MULTICALL = selector('multicall(bytes[])');

export function storePiecesCalldata(pieces: readonly Buffer[]): Buffer {
  return encodeBytesList(STORE_PIECES, pieces);
}

/** Several calls of the contract as one, in order: all succeed or none. */
export function multicallCalldata(calls: readonly Buffer[]): Buffer {
  return encodeBytesList(MULTICALL, calls);
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

function padded(byteCount: number): number {
  return Math.ceil(byteCount / WORD) * WORD;
}

function writeWord(target: Buffer, at: number, value: number): void {
  target.writeUInt32BE(value, at + WORD - 4);
}
