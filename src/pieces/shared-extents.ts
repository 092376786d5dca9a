import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { ExtentCache, ExtentOwner, ExtentRange } from './extent-cache.js';
import { parseExtentFileName, readExtentFile } from './extent-file.js';

interface SharedExtents {
  /** Of the process that writes the files: their names, undefined for what is not on disk. */
  fileNames: (owner: ExtentOwner, range: ExtentRange) => Promise<readonly (string | undefined)[]>;
}

/**
 * The cache of another process, which alone writes to its `folder` and says what lies there; a file that is gone by then, or is not intact,
 * counts as not there. What was read last is kept in memory.
 */
export function createSharedExtents(
  { fileNames }: SharedExtents,
  { folder, memoryBytes, maxInstanceBytes }: { folder: string; memoryBytes: number; maxInstanceBytes: number },
): Pick<ExtentCache, 'read' | 'atHand' | 'forget' | 'maxInstanceBytes'> {
  const memory = new LRUCache<string, Promise<Buffer> | Buffer>({
    maxSize: memoryBytes,
    // What is coming is replaced by what has come.
    sizeCalculation: (extent) => (extent instanceof Buffer ? extent.length : 1),
  });
  const nameOf = ({ imageId, contentKey }: ExtentOwner, extent: number): string => `${imageId}-${contentKey}-${extent}`;

  /** What is on disk, and in a row what is not. */
  async function load(
    owner: ExtentOwner,
    { from, to }: ExtentRange,
    fetch: (range: ExtentRange) => Promise<Buffer[]>,
  ): Promise<Buffer[]> {
    const names = await fileNames(owner, { from, to });
    const found = Array.from({ length: to - from }, (_, i) => readNamed(owner, from + i, names[i]));
    for (let at = 0; at < found.length; at++) {
      let end = at;
      while (end < found.length && found[end] === undefined) end++;
      if (end > at) found.splice(at, end - at, ...(await fetch({ from: from + at, to: from + end })));
    }
    return found as Buffer[];
  }

  function readNamed(
    { imageId, contentKey }: ExtentOwner,
    extent: number,
    name: string | undefined,
  ): Buffer | undefined {
    const file = parseExtentFileName(name ?? '');
    const isIt = file?.imageId === imageId && file.contentKey === contentKey && file.extent === extent;
    return isIt ? readExtentFile(path.join(folder, name ?? ''), file) : undefined;
  }

  function loadAll(
    owner: ExtentOwner,
    range: ExtentRange,
    fetch: (range: ExtentRange) => Promise<Buffer[]>,
  ): Promise<Buffer>[] {
    const loaded = load(owner, range, fetch);
    return Array.from({ length: range.to - range.from }, (_, i) => {
      const name = nameOf(owner, range.from + i);
      const one = loaded.then((all) => all[i]!);
      memory.set(name, one);
      one.then(
        (bytes) => memory.get(name) === one && memory.set(name, whole(bytes)),
        () => memory.get(name) === one && memory.delete(name),
      );
      return one;
    });
  }

  return {
    maxInstanceBytes,
    atHand: (owner, { from, to }) => {
      const found: Buffer[] = [];
      for (let extent = from; extent < to; extent++) {
        const kept = memory.get(nameOf(owner, extent));
        if (!(kept instanceof Buffer)) return undefined;
        found.push(kept);
      }
      return found;
    },
    read: async (owner, { from, to }, fetch) => {
      const found: (Buffer | Promise<Buffer>)[] = [];
      for (let extent = from; extent < to; extent++) {
        const kept = memory.get(nameOf(owner, extent));
        if (kept) found.push(kept);
        else {
          let end = extent + 1;
          while (end < to && !memory.has(nameOf(owner, end))) end++;
          found.push(...loadAll(owner, { from: extent, to: end }, fetch));
          extent = end - 1;
        }
      }
      return Promise.all(found.map(async (extent) => extent));
    },
    forget: (imageId) => {
      for (const name of memory.keys()) if (name.startsWith(`${imageId}-`)) memory.delete(name);
    },
  };
}

/** Not as a part of a larger buffer, which would be kept with it. */
const whole = (bytes: Buffer): Buffer => (bytes.length === bytes.buffer.byteLength ? bytes : Buffer.from(bytes));
