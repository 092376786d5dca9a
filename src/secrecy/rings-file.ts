import { LedgerError } from '../base/errors.js';
import {
  CELL_OVERHEAD,
  type CellKeys,
  cellKeys,
  decryptCell,
  encryptCell,
  isCommitOf,
  KEY_COMMITMENT_BYTES,
} from './cell.js';
import { derive, exactly, u16, u32, u8 } from './labels.js';
import type { Ring } from './ring.js';
import { type ConsortiumId, consortiumContext } from './ring-commitment.js';
import { readRing, writeRing } from './write-ring.js';

/** The file of a site's rings, and the half of a backup that may lie anywhere: the same form, never the same key. */
const RINGS_FILE = {
  ring: { magic: 'DLRF', label: 'file' },
  backup: { magic: 'DLBK', label: 'backup' },
} as const;
type RingsFileKind = keyof typeof RINGS_FILE;

/** Whose file it is. */
export interface RingsOwner extends ConsortiumId {
  siteId: number;
}

export interface HeldRing {
  /** The site whose ring it is. */
  siteId: number;
  /** 16 bytes. */
  ringId: Buffer;
  ring: Ring;
}

const VERSION = 1;
const OWNER_AT = 5;
const OWNER_BYTES = 8 + 20 + 4;
const WRAPPED_AT = OWNER_AT + OWNER_BYTES + 2;
const RING_HEAD_BYTES = 4 + 16;

/**
 * Rings encrypted under `fileKey`, 32 random bytes that are made anew for each file, so that destroying the key destroys the file.
 * `wrappedKey` stands in the file as it is: that key, wrapped by something outside of it; empty in a backup.
 */
export function writeRingsFile(
  kind: RingsFileKind,
  { owner, rings }: { owner: RingsOwner; rings: readonly HeldRing[] },
  { fileKey, wrappedKey = Buffer.alloc(0) }: { fileKey: Buffer; wrappedKey?: Buffer },
): Buffer {
  const magic = Buffer.from(RINGS_FILE[kind].magic, 'ascii');
  const head = Buffer.concat([magic, u8(VERSION), contextOf(owner), u16(wrappedKey.length), wrappedKey]);
  const written = rings.map(({ siteId, ringId, ring }) => [u32(siteId), exactly(16, ringId), writeRing(ring)]);
  const plaintext = Buffer.concat(written.map((parts) => Buffer.concat(parts)).sort((a, b) => a.compare(b)));
  const keys = keysOf(kind, fileKey, contextOf(owner));
  return Buffer.concat([head, keys.commit, encryptCell(keys, head, plaintext)]);
}

/** Whose file it is, and the wrapped key: what is known without any key, and not yet to be believed. Throws `corrupt`. */
export function readRingsFileHead(kind: RingsFileKind, file: Buffer): { owner: RingsOwner; wrappedKey: Buffer } {
  const wrappedBytes = file.length < WRAPPED_AT ? Infinity : file.readUInt16BE(WRAPPED_AT - 2);
  const isWhole = file.length >= WRAPPED_AT + wrappedBytes + KEY_COMMITMENT_BYTES + CELL_OVERHEAD;
  if (!isWhole || file.toString('latin1', 0, 4) !== RINGS_FILE[kind].magic || file.readUInt8(4) !== VERSION)
    throw new LedgerError('corrupt', `${file.length} bytes are no ${kind} file of version ${VERSION}.`);
  return {
    owner: {
      chainId: file.readBigUInt64BE(OWNER_AT),
      consortium: Buffer.from(file.subarray(OWNER_AT + 8, OWNER_AT + 28)),
      siteId: file.readUInt32BE(OWNER_AT + 28),
    },
    wrappedKey: Buffer.from(file.subarray(WRAPPED_AT, WRAPPED_AT + wrappedBytes)),
  };
}

/** The rings of a file. Throws `forbidden` for a key that is not this file's, `corrupt` for anything that was changed. */
export function readRingsFile(kind: RingsFileKind, file: Buffer, fileKey: Buffer): HeldRing[] {
  const { owner, wrappedKey } = readRingsFileHead(kind, file);
  const commitAt = WRAPPED_AT + wrappedKey.length;
  const cellAt = commitAt + KEY_COMMITMENT_BYTES;
  const keys = keysOf(kind, fileKey, contextOf(owner));
  if (!isCommitOf(keys, file.subarray(commitAt, cellAt)))
    throw new LedgerError(
      'forbidden',
      `The key is not that of this ${kind} file; each file has its own. Try that of its day.`,
    );
  const plaintext = decryptCell(keys, file.subarray(0, commitAt), file.subarray(cellAt));
  const rings: HeldRing[] = [];
  for (let at = 0; at < plaintext.length;) {
    const { ring, byteCount } = readRing(plaintext.subarray(at + RING_HEAD_BYTES));
    const ringId = Buffer.from(plaintext.subarray(at + 4, at + RING_HEAD_BYTES));
    rings.push({ siteId: plaintext.readUInt32BE(at), ringId, ring });
    at += RING_HEAD_BYTES + byteCount;
  }
  return rings;
}

function keysOf(kind: RingsFileKind, fileKey: Buffer, context: Buffer): CellKeys {
  return cellKeys(derive(fileKey, RINGS_FILE[kind].label, context));
}

function contextOf(owner: RingsOwner): Buffer {
  return Buffer.concat([consortiumContext(owner), u32(owner.siteId)]);
}
