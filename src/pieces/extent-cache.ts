import { mkdir, readdir, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import {
  checksumOf,
  type ExtentFile,
  extentFileName,
  parseExtentFileName,
  readExtentFile,
  writeExtentFile,
} from './extent-file.js';

/**
 * An extent is this many bytes of an instance as it was given, and begins at a multiple of it; the last one is shorter. Four segments
 * of a compressed body, so that no segment lies in two; a slice of 512 × 256 samples of 16 bits is one.
 */
export const EXTENT_BYTES = 262_144;

/** The series that somebody is looking at. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** What waits to be written; what comes beyond is kept in memory alone. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** Whose bytes they are: the image as the chain names it, and the digest of its announcement, which settles every byte. Hexadecimal. */
export interface ExtentOwner {
  imageId: string;
  contentKey: string;
}

/** Extents `from` … `to - 1`. */
export interface ExtentRange {
  from: number;
  to: number;
}

/**
 * Bytes of instances as they were given, so that nothing has to be unpacked again: what was read last in memory, more on the local disk,
 * up to a number of bytes; the longest unused goes first. What is put in was checked against the chain; what is read from the disk is
 * checked against its CRC-32, so that bad bytes are never handed out. Whoever gets a buffer must not write to it.
 */
export interface ExtentCache {
  /**
   * Extents `from` … `to - 1`. Those that are not there, or not intact any more, come from `fetch`, which is called for a row of them;
   * who asks for the same ones meanwhile gets them with it. They are kept in memory, and written to disk behind the caller's back.
   */
  read(owner: ExtentOwner, range: ExtentRange, fetch: (range: ExtentRange) => Promise<Buffer[]>): Promise<Buffer[]>;
  /** Extents `from` … `to - 1` where all of them are there; undefined otherwise. */
  atHand(owner: ExtentOwner, range: ExtentRange): Buffer[] | undefined;
  /** Writes an extent to disk alone, behind the caller's back: somebody may ask for it later. A cache that cannot write is only slow. */
  spare(owner: ExtentOwner, extent: number, bytes: Buffer): void;
  /** Of extents `from` … `to - 1`: the names of their files in the folder, undefined for what is not on disk. They count as read. */
  fileNames(owner: ExtentOwner, range: ExtentRange): (string | undefined)[];
  /** Removes all that is kept of an image. */
  forget(imageId: string): void;
  /** An instance of more bytes than this would throw out too much of the others: it is not kept when it is read as a whole. */
  readonly maxInstanceBytes: number;
  /** On disk. */
  readonly byteCount: number;
  /** Resolves when all that waits is written. */
  written(): Promise<void>;
}

/** Part of the cache that one instance may take. */
const INSTANCE_SHARE = 1 / 8;

/** Opens the cache in `folder` with what earlier runs left there. `maxBytes` 0 keeps nothing. */
export async function openExtentCache({
  folder,
  maxBytes,
}: {
  folder: string;
  maxBytes: number;
}): Promise<ExtentCache> {
  /** By image: the names of its extents. */
  const images = new Map<string, Set<string>>();
  const memory = new LRUCache<string, Buffer>({
    maxSize: Math.max(1, Math.min(MEMORY_BYTES, maxBytes)),
    sizeCalculation: ({ length }) => length,
  });
  const files = new LRUCache<string, ExtentFile>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ byteCount }) => byteCount,
    dispose: (file, name) => {
      const names = images.get(file.imageId);
      names?.delete(name);
      if (names?.size === 0) images.delete(file.imageId);
      void unlink(pathOf(file)).catch(() => undefined);
    },
  });
  const pathOf = (file: ExtentFile): string => path.join(folder, extentFileName(file));
  const nameOf = ({ imageId, contentKey }: ExtentOwner, extent: number): string => `${imageId}-${contentKey}-${extent}`;

  await mkdir(folder, { recursive: true });
  let sequence = 0;
  for (const file of await leftovers(folder)) {
    sequence = Math.max(sequence, file.sequence);
    hold(file);
  }

  function hold(file: ExtentFile): void {
    const name = nameOf(file, file.extent);
    files.set(name, file);
    if (files.has(name)) images.set(file.imageId, (images.get(file.imageId) ?? new Set()).add(name));
    else void unlink(pathOf(file)).catch(() => undefined);
  }

  /** What waits to be written, by its name. */
  const waiting = new Map<string, { owner: ExtentOwner; extent: number; bytes: Buffer }>();
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;

  /** Says whether it was waiting. */
  function stopWaiting(name: string): boolean {
    waitingBytes -= waiting.get(name)?.bytes.length ?? 0;
    return waiting.delete(name);
  }

  async function writeWaiting(): Promise<void> {
    for (const [name, { owner, extent, bytes }] of waiting) {
      const file = { ...owner, extent, byteCount: bytes.length, checksum: checksumOf(bytes), sequence: ++sequence };
      const isWritten = await writeExtentFile(pathOf(file), bytes);
      // It may have been forgotten meanwhile.
      const isWanted = stopWaiting(name);
      if (isWritten && isWanted) hold(file);
      else await unlink(pathOf(file)).catch(() => undefined);
    }
    writing = undefined;
  }

  const spare: ExtentCache['spare'] = (owner, extent, bytes) => {
    const name = nameOf(owner, extent);
    if (files.has(name) || waiting.has(name) || bytes.length > maxBytes) return;
    if (waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    waiting.set(name, { owner, extent, bytes });
    waitingBytes += bytes.length;
    writing ??= writeWaiting();
  };

  /** A file is read without a turn of the loop, which would cost more: it is short. */
  function find(owner: ExtentOwner, extent: number): Buffer | undefined {
    const name = nameOf(owner, extent);
    const kept = memory.get(name);
    if (kept) return kept;
    const file = files.get(name);
    if (!file) return undefined;
    const bytes = readExtentFile(pathOf(file), file);
    if (bytes) memory.set(name, bytes);
    else files.delete(name);
    return bytes;
  }

  const isThere = (owner: ExtentOwner, extent: number): boolean =>
    memory.has(nameOf(owner, extent)) || files.has(nameOf(owner, extent));

  /** What is being fetched, by its name. */
  const coming = new Map<string, Promise<Buffer>>();

  function fetchAll(
    owner: ExtentOwner,
    { from, to }: ExtentRange,
    fetch: (range: ExtentRange) => Promise<Buffer[]>,
  ): Promise<Buffer>[] {
    const fetched = fetch({ from, to });
    return Array.from({ length: to - from }, (_, i) => {
      const extent = from + i;
      const name = nameOf(owner, extent);
      const one = fetched
        .then((all) => {
          const bytes = all[i]!;
          // Not as a part of a larger buffer, which would be kept with it.
          const own = bytes.length === bytes.buffer.byteLength ? bytes : Buffer.from(bytes);
          memory.set(name, own);
          spare(owner, extent, own);
          return own;
        })
        .finally(() => coming.delete(name));
      coming.set(name, one);
      return one;
    });
  }

  const atHand: ExtentCache['atHand'] = (owner, { from, to }) => {
    const found: Buffer[] = [];
    for (let extent = from; extent < to; extent++) {
      const bytes = find(owner, extent);
      if (!bytes) return undefined;
      found.push(bytes);
    }
    return found;
  };

  const read: ExtentCache['read'] = async (owner, { from, to }, fetch) => {
    const found: (Buffer | Promise<Buffer>)[] = [];
    for (let extent = from; extent < to; extent++) {
      const there = coming.get(nameOf(owner, extent)) ?? find(owner, extent);
      if (there) found.push(there);
      else {
        let end = extent + 1;
        while (end < to && !coming.has(nameOf(owner, end)) && !isThere(owner, end)) end++;
        found.push(...fetchAll(owner, { from: extent, to: end }, fetch));
        extent = end - 1;
      }
    }
    return Promise.all(found.map(async (extent) => extent));
  };

  return {
    maxInstanceBytes: maxBytes * INSTANCE_SHARE,
    get byteCount() {
      return files.calculatedSize;
    },
    read,
    atHand,
    spare,
    fileNames: (owner, { from, to }) =>
      Array.from({ length: to - from }, (_, i) => {
        const file = files.get(nameOf(owner, from + i));
        return file && extentFileName(file);
      }),
    forget: (imageId) => {
      const isOfImage = (name: string): boolean => name.startsWith(`${imageId}-`);
      for (const name of waiting.keys()) if (isOfImage(name)) stopWaiting(name);
      for (const name of memory.keys()) if (isOfImage(name)) memory.delete(name);
      for (const name of images.get(imageId) ?? []) files.delete(name);
    },
    written: async () => {
      await writing;
    },
  };
}

/** Oldest first, so that the newest are the last to be evicted. What another release left is removed. */
async function leftovers(folder: string): Promise<ExtentFile[]> {
  const found: ExtentFile[] = [];
  for (const name of await readdir(folder)) {
    const file = parseExtentFileName(name);
    if (file) found.push(file);
    else await rm(path.join(folder, name), { recursive: true, force: true });
  }
  return found.sort((a, b) => a.sequence - b.sequence);
}
