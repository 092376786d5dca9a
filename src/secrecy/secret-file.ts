import { LedgerError } from '../base/errors.js';
import { atOnce, type Work } from '../base/in-turns.js';
import {
  CELL_OVERHEAD,
  type CellKeys,
  cellKeys,
  decryptCell,
  encryptingCell,
  isCommitOf,
  KEY_COMMITMENT_BYTES,
} from './cell.js';
import { derive, u16, u32, u8 } from './labels.js';
import { type ConsortiumId, consortiumContext } from './ring-commitment.js';

/** The files of a site that are encrypted as a whole: the same form, never the same key. */
const SECRET_FILE = {
  /** A site's rings. */
  ring: { magic: 'DLRF', label: 'file' },
  /** The half of a backup that may lie anywhere. */
  backup: { magic: 'DLBK', label: 'backup' },
  /** The private halves of card keys. */
  'card key': { magic: 'DLCK', label: 'card' },
} as const;
export type SecretFileKind = keyof typeof SECRET_FILE;

/** Whose file it is. */
export interface FileOwner extends ConsortiumId {
  siteId: number;
}

const VERSION = 1;
const OWNER_AT = 5;
const OWNER_BYTES = 8 + 20 + 4;
const WRAPPED_AT = OWNER_AT + OWNER_BYTES + 2;

/**
 * A plaintext under `fileKey`, 32 bytes which are made anew for each file, so that destroying the key destroys the file. `wrappedKey`
 * stands in the file as it is: that key, wrapped by something outside of it; empty in a backup.
 */
export function writeSecretFile(...file: Parameters<typeof writingSecretFile>): Buffer {
  return atOnce(writingSecretFile(...file));
}

/** `writeSecretFile` as work that others can have turns in. */
export function* writingSecretFile(
  kind: SecretFileKind,
  { owner, plaintext }: { owner: FileOwner; plaintext: Buffer },
  { fileKey, wrappedKey = Buffer.alloc(0) }: { fileKey: Buffer; wrappedKey?: Buffer },
): Work<Buffer> {
  const magic = Buffer.from(SECRET_FILE[kind].magic, 'ascii');
  const head = Buffer.concat([magic, u8(VERSION), contextOf(owner), u16(wrappedKey.length), wrappedKey]);
  const keys = keysOf(kind, fileKey, owner);
  return Buffer.concat([head, keys.commit, yield* encryptingCell(keys, head, plaintext)]);
}

/** Whose file it is, and the wrapped key: what is known without any key, and not yet to be believed. Throws `corrupt`. */
export function readSecretFileHead(kind: SecretFileKind, file: Buffer): { owner: FileOwner; wrappedKey: Buffer } {
  const wrappedBytes = file.length < WRAPPED_AT ? Infinity : file.readUInt16BE(WRAPPED_AT - 2);
  const isWhole = file.length >= WRAPPED_AT + wrappedBytes + KEY_COMMITMENT_BYTES + CELL_OVERHEAD;
  if (!isWhole || file.toString('latin1', 0, 4) !== SECRET_FILE[kind].magic || file.readUInt8(4) !== VERSION)
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

/** What is in a file. Throws `forbidden` for a key that is not this file's, `corrupt` for anything that was changed. */
export function readSecretFile(kind: SecretFileKind, file: Buffer, fileKey: Buffer): Buffer {
  const { owner, wrappedKey } = readSecretFileHead(kind, file);
  const commitAt = WRAPPED_AT + wrappedKey.length;
  const cellAt = commitAt + KEY_COMMITMENT_BYTES;
  const keys = keysOf(kind, fileKey, owner);
  if (!isCommitOf(keys, file.subarray(commitAt, cellAt)))
    throw new LedgerError(
      'forbidden',
      `The key is not that of this ${kind} file; each file has its own. Try that of its day.`,
    );
  return decryptCell(keys, file.subarray(0, commitAt), file.subarray(cellAt));
}

function keysOf(kind: SecretFileKind, fileKey: Buffer, owner: FileOwner): CellKeys {
  return cellKeys(derive(fileKey, SECRET_FILE[kind].label, contextOf(owner)));
}

function contextOf(owner: FileOwner): Buffer {
  return Buffer.concat([consortiumContext(owner), u32(owner.siteId)]);
}
