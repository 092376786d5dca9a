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
const RECORD_BYTES = 11;

/** The record of `code` within `bytes`, which lie at `offset` of the body file; undefined when it is not found in them. */
export function codeRecord(code: Uint8Array, bytes: Uint8Array, offset: number): Uint8Array | undefined {
  const rest = Buffer.from(code.buffer, code.byteOffset + 1, Math.max(code.length - 1, 0));
  const at = placeOf(rest, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  return at === undefined ? undefined : recordAt(code, offset + at);
}

const PROBE_BYTES = 64;
const ATTEMPTS = 16;

/**
 * Where `bytes` are in `all`. Looks for the 64 bytes from the end of the first run on: images have long runs, in which
 * `indexOf` of the whole takes up to 0.4 s. What is not found in a few attempts is taken as not there.
 */
function placeOf(bytes: Buffer, all: Buffer): number | undefined {
  const change = bytes.findIndex((byte) => byte !== bytes[0]);
  const probeAt = Math.max(change - 1, 0);
  const probe = bytes.subarray(probeAt, probeAt + PROBE_BYTES);
  let found = all.indexOf(probe, probeAt);
  for (let attempt = 0; attempt < ATTEMPTS && found >= 0; attempt++) {
    const at = found - probeAt;
    if (all.subarray(at, at + bytes.length).equals(bytes)) return at;
    found = all.indexOf(probe, found + 1);
  }
  return undefined;
}

/** The record of a `code` whose second byte lies at `place` of the body file. */
function recordAt(code: Uint8Array, place: number): Uint8Array {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUIntBE(place, 0, 6);
  record.writeUInt32BE(Math.max(code.length - 1, 0), 6);
  record[10] = code[0]!;
  return record;
}

export function readCodeByteCount(record: Uint8Array): number {
  return Buffer.from(record.buffer, record.byteOffset, record.length).readUInt32BE(6) + 1;
}

/** Fills `code`, which has as many bytes as `readCodeByteCount` says. */
export function readCode(bodies: BodyFile, record: Uint8Array, code: Uint8Array): void {
  const view = Buffer.from(record.buffer, record.byteOffset, record.length);
  code[0] = view[10]!;
  bodies.read(view.readUIntBE(0, 6), code.subarray(1));
}

/** Codes that lie in the block's transactions are kept as places there; the others are written after the transactions. */
export function codeRecords(
  codes: readonly NewCode[],
  transactions: readonly Uint8Array[],
  offset: number,
): { records: [Uint8Array, Uint8Array][]; extra: Uint8Array[] } {
  const offsets: number[] = [];
  let end = offset;
  for (const { length } of transactions) {
    offsets.push(end);
    end += length;
  }
  const extra: Uint8Array[] = [];
  const records = codes.map(({ hash, code, transactionIndex }): [Uint8Array, Uint8Array] => {
    const transaction = transactions[transactionIndex];
    const within = transaction && codeRecord(code, transaction, offsets[transactionIndex]!);
    if (within !== undefined) return [hash, within];
    extra.push(code);
    end += code.length;
    return [hash, recordAt(code, end - code.length + 1)];
  });
  return { records, extra };
}
