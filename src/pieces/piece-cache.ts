import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { digestOf, encodePieceFile, type IndexedPiece, type NamedPiece, readPieceIndex } from './piece-file.js';

const EXTENSION = '.pieces';
/** A file is at most this part of the cache, so that not much is thrown out at once. */
const FILE_SHARE = 1 / 8;

/**
 * Pieces on local disk, bounded. What is put together lies in one file, is read at once and thrown out together, the files that were
 * used least recently first. It cannot hand out bad bytes: each piece is checked against its SHA-256.
 */
export interface PieceCache {
  /** In the order of `names`; undefined for what is not there, or not intact any more. */
  get(names: readonly string[]): Promise<(Buffer | undefined)[]>;
  /** Never rejects: a cache that cannot write is only slow. */
  put(pieces: readonly NamedPiece[]): Promise<void>;
  readonly byteCount: number;
}

interface Place extends Omit<IndexedPiece, 'name'> {
  file: string;
}

interface HeldFile {
  byteCount: number;
  names: readonly string[];
}

/** Opens the cache in `folder` with what earlier runs left there. `maxBytes` 0 keeps nothing. */
export async function openPieceCache({ folder, maxBytes }: { folder: string; maxBytes: number }): Promise<PieceCache> {
  const places = new Map<string, Place>();
  // Each put has a file of its own, so that an older one can be deleted at any time after.
  const files = new LRUCache<string, HeldFile>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ byteCount }) => byteCount,
    dispose: ({ names }, file) => {
      for (const name of names) if (places.get(name)?.file === file) places.delete(name);
      void rm(file, { force: true }).catch(() => undefined);
    },
  });
  await mkdir(folder, { recursive: true });
  for (const { file, byteCount } of await leftovers(folder)) {
    const index = await readPieceIndex(file);
    if (index && byteCount <= maxBytes) hold(file, byteCount, index);
    else await rm(file, { force: true });
  }

  function hold(file: string, byteCount: number, index: readonly IndexedPiece[]): void {
    for (const { name, ...place } of index) places.set(name, { file, ...place });
    files.set(file, { byteCount, names: index.map(({ name }) => name) });
  }

  async function readPlaces(file: string, wanted: readonly Place[]): Promise<(Buffer | undefined)[]> {
    const held = files.get(file);
    const from = Math.min(...wanted.map(({ offset }) => offset));
    const to = Math.max(...wanted.map(({ offset, byteCount }) => offset + byteCount));
    const bytes = await readRange(file, from, to).catch(() => Buffer.alloc(0));
    const pieces = wanted.map(({ offset, byteCount, sha256 }) => {
      const piece = bytes.subarray(offset - from, offset - from + byteCount);
      return digestOf(piece) === sha256 ? piece : undefined;
    });
    // Thrown out while it was being read, or not what was put.
    if (pieces.includes(undefined) && files.peek(file) === held) files.delete(file);
    return pieces;
  }

  async function put(pieces: readonly NamedPiece[]): Promise<void> {
    const missing = pieces.filter(({ name }) => !places.has(name));
    if (missing.length === 0 || maxBytes === 0) return;
    const { parts, byteCount, index } = encodePieceFile(missing);
    if (missing.length > 1 && byteCount > maxBytes * FILE_SHARE) {
      await put(missing.slice(0, missing.length / 2));
      return put(missing.slice(missing.length / 2));
    }
    if (byteCount > maxBytes) return;
    const file = path.join(folder, `${randomUUID()}${EXTENSION}`);
    try {
      await writeParts(file, parts, byteCount);
      hold(file, byteCount, index);
    } catch {
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  return {
    get byteCount() {
      return files.calculatedSize;
    },
    get: async (names) => {
      const found = names.map((name) => places.get(name));
      const pieces = new Map<Place, Buffer | undefined>();
      await Promise.all(
        [...new Set(found.flatMap((place) => place?.file ?? []))].map(async (file) => {
          const wanted = found.filter((place): place is Place => place?.file === file);
          (await readPlaces(file, wanted)).forEach((piece, i) => pieces.set(wanted[i]!, piece));
        }),
      );
      return found.map((place) => place && pieces.get(place));
    },
    put,
  };
}

/** Without a copy of them all in one. Rejects when the disk takes less. */
async function writeParts(file: string, parts: readonly Buffer[], byteCount: number): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const { bytesWritten } = await handle.writev(parts);
    if (bytesWritten !== byteCount) throw new Error(`${bytesWritten} of ${byteCount} bytes were written`);
  } finally {
    await handle.close();
  }
}

async function readRange(file: string, from: number, to: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Oldest first, so that the newest are the last to be evicted. What an older release left is removed. */
async function leftovers(folder: string): Promise<{ file: string; byteCount: number }[]> {
  const found: { file: string; byteCount: number; mtimeMs: number }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (!entry.isFile() || !entry.name.endsWith(EXTENSION)) {
      await rm(file, { recursive: true, force: true });
      continue;
    }
    const { size, mtimeMs } = await stat(file);
    found.push({ file, byteCount: size, mtimeMs });
  }
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
}
