import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';

const DIGEST_BYTES = 32;

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
  const fileOf = (name: string): string => path.join(folder, name.slice(0, 2), name);
  const held = new LRUCache<string, number>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: (byteCount) => byteCount,
    dispose: (_, name, cause) => {
      if (cause === 'evict' || cause === 'delete') void rm(fileOf(name), { force: true }).catch(() => undefined);
    },
  });
  for (const { name, byteCount } of await leftovers(folder)) held.set(name, byteCount);

  return {
    get byteCount() {
      return held.calculatedSize;
    },
    get: async (name) => {
      if (held.get(name) === undefined) return undefined;
      const file = await readFile(fileOf(name)).catch(() => undefined);
      const piece = file?.subarray(DIGEST_BYTES);
      if (file && piece && digest(piece).equals(file.subarray(0, DIGEST_BYTES))) return piece;
      held.delete(name);
      return undefined;
    },
    put: async (name, piece) => {
      if (piece.length + DIGEST_BYTES > maxBytes || held.has(name)) return;
      const file = fileOf(name);
      const temporary = path.join(folder, `${randomUUID()}.tmp`);
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(temporary, Buffer.concat([digest(piece), piece]));
        await rename(temporary, file);
        held.set(name, piece.length + DIGEST_BYTES);
      } catch {
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    },
  };
}

function digest(piece: Buffer): Buffer {
  return createHash('sha256').update(piece).digest();
}

/** Oldest first, so that the newest are the last to be evicted. */
async function leftovers(folder: string): Promise<{ name: string; byteCount: number }[]> {
  const found: { name: string; byteCount: number; mtimeMs: number }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (!entry.isDirectory()) {
      await rm(inside, { force: true });
      continue;
    }
    for (const name of await readdir(inside)) {
      const { size, mtimeMs } = await stat(path.join(inside, name));
      if (size > 0) found.push({ name, byteCount: size, mtimeMs });
    }
  }
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs);
}
