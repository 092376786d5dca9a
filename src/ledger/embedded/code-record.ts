import type { BodyFile } from './body-file.js';

/** Code made by a transaction of the block. */
export interface NewCode {
  hash: Uint8Array;
  code: Uint8Array;
  transactionIndex: number;
}

/*
 * The bytes of an image are written to disk once: as a rule they lie in the transaction that made the code of them.
 * So a code is kept as its first byte (a chunk's 0x00 is not in the transaction) and the place of the rest:
 * 6 bytes offset in the body file, 4 bytes length, the first byte.
 */
const recordBytes = 11;
/** So much of the code is looked for first; what repeats earlier with another end is not found, and is written again. */
const probeBytes = 64;

/** The record of `code` within `bytes`, which lie at `offset` of the body file; undefined when it is not in them. */
export function codeRecord(code: Uint8Array, bytes: Uint8Array, offset: number): Uint8Array | undefined {
  const rest = Buffer.from(code.buffer, code.byteOffset + 1, Math.max(code.length - 1, 0));
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = rest.length === 0 ? 0 : haystack.indexOf(rest.subarray(0, probeBytes));
  if (at < 0 || !haystack.subarray(at, at + rest.length).equals(rest)) return undefined;
  return recordAt(code, offset + at);
}

/** The record of a `code` whose second byte lies at `place` of the body file. */
export function recordAt(code: Uint8Array, place: number): Uint8Array {
  const record = Buffer.alloc(recordBytes);
  record.writeUIntBE(place, 0, 6);
  record.writeUInt32BE(Math.max(code.length - 1, 0), 6);
  record[10] = code[0]!;
  return record;
}

export function readCodeByteCount(record: Uint8Array): number {
  return Buffer.from(record.buffer, record.byteOffset, record.length).readUInt32BE(6) + 1;
}

/** The code in a buffer of its own. */
export function readCode(bodies: BodyFile, record: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = Buffer.from(record.buffer, record.byteOffset, record.length);
  const byteCount = view.readUInt32BE(6);
  const code = new Uint8Array(byteCount + 1);
  code[0] = view[10]!;
  code.set(bodies.read(view.readUIntBE(0, 6), byteCount), 1);
  return code;
}
