import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';

const DIGEST_BYTES = 32;
/** Between the name of a piece and what tells its files apart. */
const SEPARATOR = '~';

/** Pieces on local disk, bounded, least recently used out first. It cannot hand out bad bytes: each file begins with its SHA-256. */
export interface PieceCache {
  /** Undefined when it is not there, or not intact any more. `name` is of letters, digits and dashes. */
  get(name: string): Promise<Buffer | undefined>;
  /** Never rejects: a cache that cannot write is only slow. */
  put(name: string, piece: Buffer): Promise<void>;
  readonly byteCount: number;
}

/** Opens the cache in `folder` with what earlier runs left there. `maxBytes` 0 keeps nothing. */
export async function openPieceCache({ folder, maxBytes }: { folder: string; maxBytes: number }): Promise<PieceCache> {
  await mkdir(folder, { recursive: true });
  // Each put has a file of its own, so that an older one can be deleted at any time after.
  const held = new LRUCache<string, HeldPiece>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ byteCount }) => byteCount,
    dispose: ({ file }) => void rm(file, { force: true }).catch(() => undefined),
  });
  for (const { name, ...piece } of await leftovers(folder)) held.set(name, piece);

  return {
    get byteCount() {
      return held.calculatedSize;
    },
    get: async (name) => {
      const entry = held.get(name);
      if (entry === undefined) return undefined;
      const bytes = await readFile(entry.file).catch(() => undefined);
      const piece = bytes?.subarray(DIGEST_BYTES);
      if (bytes && piece && digest(piece).equals(bytes.subarray(0, DIGEST_BYTES))) return piece;
      // thrown out while it was being read, or not what was put
      if (held.peek(name) === entry) held.delete(name);
      return undefined;
    },
    put: async (name, piece) => {
      if (piece.length + DIGEST_BYTES > maxBytes || held.has(name)) return;
      const file = path.join(folder, name.slice(0, 2), `${name}${SEPARATOR}${randomUUID()}`);
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, Buffer.concat([digest(piece), piece]));
        held.set(name, { file, byteCount: piece.length + DIGEST_BYTES });
      } catch {
        await rm(file, { force: true }).catch(() => undefined);
      }
    },
  };
}

interface HeldPiece {
  file: string;
  /** With the digest. */
  byteCount: number;
}

function digest(piece: Buffer): Buffer {
  return createHash('sha256').update(piece).digest();
}

/** Oldest first, so that the newest are the last to be evicted. A file that a crash has cut off is found out by its digest. */
async function leftovers(folder: string): Promise<(HeldPiece & { name: string })[]> {
  const found: (HeldPiece & { name: string; mtimeMs: number })[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (!entry.isDirectory()) {
      await rm(inside, { force: true });
      continue;
    }
    for (const fileName of await readdir(inside)) {
      const file = path.join(inside, fileName);
      const { size, mtimeMs } = await stat(file);
      const [name = ''] = fileName.split(SEPARATOR);
      if (size > 0) found.push({ name, file, byteCount: size, mtimeMs });
      else await rm(file, { force: true });
    }
  }
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
}
