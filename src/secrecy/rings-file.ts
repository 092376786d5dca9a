import { atOnce, type Work } from '../base/in-turns.js';
import { exactly, u32 } from './labels.js';
import type { Ring } from './ring.js';
import {
  type FileOwner,
  readSecretFile,
  readSecretFileHead,
  type SecretFileKind,
  writingSecretFile,
} from './secret-file.js';
import { readRing, writeRing } from './write-ring.js';

/** The file of a site's rings, and the half of a backup that may lie anywhere. */
type RingsFileKind = Exclude<SecretFileKind, 'card key'>;

/** Whose file it is. */
export type RingsOwner = FileOwner;

export interface HeldRing {
  /** The site whose ring it is. */
  siteId: number;
  /** 16 bytes. */
  ringId: Buffer;
  ring: Ring;
}

const RING_HEAD_BYTES = 4 + 16;

/** Rings as a file under `fileKey` (`writeSecretFile`). */
export function writeRingsFile(...file: Parameters<typeof writingRingsFile>): Buffer {
  return atOnce(writingRingsFile(...file));
}

/** `writeRingsFile` as work that others can have turns in. */
export function* writingRingsFile(
  kind: RingsFileKind,
  { owner, rings }: { owner: RingsOwner; rings: readonly HeldRing[] },
  keys: { fileKey: Buffer; wrappedKey?: Buffer },
): Work<Buffer> {
  const written: Buffer[] = [];
  for (const { siteId, ringId, ring } of rings) {
    written.push(Buffer.concat([u32(siteId), exactly(16, ringId), writeRing(ring)]));
    yield;
  }
  const plaintext = Buffer.concat(written.sort((a, b) => a.compare(b)));
  return yield* writingSecretFile(kind, { owner, plaintext }, keys);
}

/** As `readSecretFileHead`. */
export function readRingsFileHead(kind: RingsFileKind, file: Buffer): { owner: RingsOwner; wrappedKey: Buffer } {
  return readSecretFileHead(kind, file);
}

/** The rings of a file. Throws as `readSecretFile` does. */
export function readRingsFile(kind: RingsFileKind, file: Buffer, fileKey: Buffer): HeldRing[] {
  const plaintext = readSecretFile(kind, file, fileKey);
  const rings: HeldRing[] = [];
  for (let at = 0; at < plaintext.length;) {
    const { ring, byteCount } = readRing(plaintext.subarray(at + RING_HEAD_BYTES));
    const ringId = Buffer.from(plaintext.subarray(at + 4, at + RING_HEAD_BYTES));
    rings.push({ siteId: plaintext.readUInt32BE(at), ringId, ring });
    at += RING_HEAD_BYTES + byteCount;
  }
  return rings;
}
