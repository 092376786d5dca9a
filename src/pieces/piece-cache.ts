import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { firstIndex } from './first-index.js';
import { encodePieceFile, pieceFileByteCount, readPieceFile } from './piece-file.js';

/** A file is at most this part of the cache, so that not much is thrown out at once. */
const FILE_SHARE = 1 / 8;

/**
 * Pieces of bodies on local disk, up to a number of bytes. The pieces of one `put` share a file and are evicted with it, the file that
 * was used least recently first; a file takes some 500 bytes of memory. Each piece is checked against its SHA-256 when it is read, so
 * that bad bytes are never handed out. A body is named by letters and digits.
 */
export interface PieceCache {
  /** Pieces `first` … `first + count - 1`; undefined for what is not there, or not intact any more. */
  get(body: string, first: number, count: number): Promise<(Buffer | undefined)[]>;
  /** Never rejects: a cache that cannot write is only slow. */
  put(body: string, first: number, pieces: readonly Buffer[]): Promise<void>;
  readonly byteCount: number;
}

/** What one file holds: pieces `first` … `first + count - 1` of a body. */
interface Run {
  body: string;
  first: number;
  count: number;
  byteCount: number;
  /** Each put has a file of its own, so that an older one can be deleted at any time after. */
  id: string;
}

/** Opens the cache in `folder` with what earlier runs left there. `maxBytes` 0 keeps nothing. */
export async function openPieceCache({ folder, maxBytes }: { folder: string; maxBytes: number }): Promise<PieceCache> {
  /** The runs of each body, ordered by their first piece; no piece is in two of them. */
  const bodies = new Map<string, Run[]>();
  const runs = new LRUCache<Run, Run>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ byteCount }) => byteCount,
    dispose: (run) => {
      const rest = (bodies.get(run.body) ?? []).filter((other) => other !== run);
      if (rest.length > 0) bodies.set(run.body, rest);
      else bodies.delete(run.body);
      void rm(fileOf(run), { force: true }).catch(() => undefined);
    },
  });
  const fileOf = ({ body, first, count, id }: Run): string =>
    path.join(folder, `${body}-${first}-${count}-${id}.pieces`);

  await mkdir(folder, { recursive: true });
  for (const run of await leftovers(folder)) await hold(run);

  /** The runs that hold any of the pieces `from` … `to - 1`, in order. */
  function runsOf(body: string, from: number, to: number): Run[] {
    const all = bodies.get(body) ?? [];
    const begin = firstIndex(all.length, (run) => all[run]!.first + all[run]!.count > from);
    const end = firstIndex(all.length, (run) => all[run]!.first >= to);
    return all.slice(begin, end);
  }

  async function hold(run: Run): Promise<void> {
    const { body, first, count, byteCount } = run;
    if (byteCount === 0 || byteCount > maxBytes || runsOf(body, first, first + count).length > 0)
      return rm(fileOf(run), { force: true });
    const all = bodies.get(body) ?? [];
    const place = firstIndex(all.length, (other) => all[other]!.first > first);
    all.splice(place, 0, run);
    bodies.set(body, all);
    runs.set(run, run);
  }

  /** Writes those of the pieces that are not there, in as many files as there are gaps. */
  async function put(body: string, first: number, pieces: readonly Buffer[]): Promise<void> {
    const end = first + pieces.length;
    let from = first;
    for (const run of runsOf(body, first, end)) {
      if (run.first > from) await write(body, from, pieces.slice(from - first, run.first - first));
      from = run.first + run.count;
    }
    if (from < end) await write(body, from, pieces.slice(from - first));
  }

  async function write(body: string, first: number, pieces: readonly Buffer[]): Promise<void> {
    const byteCount = pieceFileByteCount(pieces);
    if (pieces.length > 1 && byteCount > maxBytes * FILE_SHARE) {
      const half = pieces.length >> 1;
      await write(body, first, pieces.slice(0, half));
      return write(body, first + half, pieces.slice(half));
    }
    if (byteCount > maxBytes) return;
    const run = { body, first, count: pieces.length, byteCount, id: randomBytes(4).toString('hex') };
    try {
      await writeParts(fileOf(run), encodePieceFile(pieces), byteCount);
      await hold(run);
    } catch {
      await rm(fileOf(run), { force: true }).catch(() => undefined);
    }
  }

  async function read(run: Run, from: number, to: number): Promise<(Buffer | undefined)[]> {
    runs.get(run);
    const within = { count: run.count, from: from - run.first, to: to - run.first };
    const pieces = await readPieceFile(fileOf(run), within).catch(() => [undefined]);
    // Thrown out while it was being read, or not what was put.
    if (pieces.includes(undefined)) runs.delete(run);
    return pieces;
  }

  return {
    get byteCount() {
      return runs.calculatedSize;
    },
    get: async (body, first, count) => {
      const found = Array.from<Buffer | undefined>({ length: count });
      await Promise.all(
        runsOf(body, first, first + count).map(async (run) => {
          const from = Math.max(first, run.first);
          const pieces = await read(run, from, Math.min(first + count, run.first + run.count));
          pieces.forEach((piece, i) => (found[from - first + i] = piece));
        }),
      );
      return found;
    },
    put,
  };
}

/** Writes the parts without joining them in memory. Rejects when the disk takes fewer bytes. */
async function writeParts(file: string, parts: readonly Buffer[], byteCount: number): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const { bytesWritten } = await handle.writev(parts);
    if (bytesWritten !== byteCount) throw new Error(`${bytesWritten} of ${byteCount} bytes were written`);
  } finally {
    await handle.close();
  }
}

const FILE_NAME = /^([0-9a-z]+)-(\d+)-(\d+)-([0-9a-f]{8})\.pieces$/;

/** Oldest first, so that the newest are the last to be evicted. What another release left is removed. */
async function leftovers(folder: string): Promise<Run[]> {
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = path.join(folder, name);
      const [, body, first, count, id] = FILE_NAME.exec(name) ?? [];
      if (body === undefined || id === undefined) return rm(file, { recursive: true, force: true });
      const { size, mtimeMs } = await stat(file);
      return { run: { body, first: Number(first), count: Number(count), byteCount: size, id }, mtimeMs };
    }),
  );
  return found
    .filter((one) => one !== undefined)
    .sort((a, b) => a.mtimeMs - b.mtimeMs)
    .map(({ run }) => run);
}
