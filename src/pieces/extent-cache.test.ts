import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../base/testing/until.js';
import { type ExtentCache, openExtentCache } from './extent-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'extent-cache-'));
});
afterEach(async () => rm(folder, { recursive: true }));

const bytes = (fill: number): Buffer => Buffer.alloc(1000, fill);
const ownerOf = (key: string) => ({ imageId: `0x${key}`, contentKey: 'c0' });
const a1 = ownerOf('a1');
const open = (maxBytes = 100_000) => openExtentCache({ folder, maxBytes });

async function spared(cache: ExtentCache, owner: typeof a1, extent: number, fill: number): Promise<void> {
  cache.spare(owner, extent, bytes(fill));
  await cache.written();
}

/** What is there of some extents; those that are not there come back empty, and are kept so. */
const found = (cache: ExtentCache, owner: typeof a1, from: number, to: number) =>
  cache.read(owner, { from, to }, async (range) =>
    Array.from({ length: range.to - range.from }, () => Buffer.alloc(0)),
  );

/** Whether one of the extents is there, without any of them being put. */
const isThere = async (cache: ExtentCache, owner: typeof a1, extent: number): Promise<boolean> => {
  const missing = new Error('missing');
  return cache
    .read(owner, { from: extent, to: extent + 1 }, () => Promise.reject(missing))
    .then(
      () => true,
      (error: unknown) => {
        if (error !== missing) throw error;
        return false;
      },
    );
};

describe('openExtentCache', () => {
  it('gives back what was spared, also after it is opened again', async () => {
    const cache = await open();
    for (const extent of [0, 1, 2]) await spared(cache, a1, extent, extent);
    for (const one of [cache, await open()]) {
      expect(await found(one, a1, 0, 3)).toEqual([bytes(0), bytes(1), bytes(2)]);
      expect(await isThere(one, a1, 3)).toBe(false);
      expect(await isThere(one, ownerOf('a2'), 0)).toBe(false);
      expect(await isThere(one, { ...a1, contentKey: 'c1' }, 0)).toBe(false);
      expect(one.byteCount).toBe(3000);
    }
  });

  it('fetches what is not there by rows, keeps it, and writes it behind', async () => {
    const cache = await open();
    await spared(cache, a1, 2, 2);
    const asked: string[] = [];
    const fetch = async ({ from, to }: { from: number; to: number }) => {
      asked.push(`${from}-${to}`);
      return Array.from({ length: to - from }, (_, i) => bytes(from + i));
    };
    const all = [0, 1, 2, 3].map(bytes);
    expect(await cache.read(a1, { from: 0, to: 4 }, fetch)).toEqual(all);
    expect(asked).toEqual(['0-2', '3-4']);
    expect(await cache.read(a1, { from: 0, to: 4 }, fetch)).toEqual(all);
    await cache.written();
    expect(await found(await open(), a1, 0, 4)).toEqual(all);
    expect(asked).toHaveLength(2);
  });

  it('fetches once for those who ask at the same time, and again after a failure', async () => {
    const cache = await open();
    let fetches = 0;
    const fetch = async () => {
      fetches++;
      await new Promise(setImmediate);
      return [bytes(1)];
    };
    const range = { from: 0, to: 1 };
    const failed = cache.read(a1, range, () => Promise.reject(new Error('no node')));
    await expect(failed).rejects.toThrow('no node');
    const both = [cache.read(a1, range, fetch), cache.read(a1, range, fetch)];
    expect(await Promise.all(both)).toEqual([[bytes(1)], [bytes(1)]]);
    expect(fetches).toBe(1);
  });

  it('hands out nothing for a file in which a byte has changed, and removes it', async () => {
    await spared(await open(), a1, 0, 1);
    const file = path.join(folder, (await readdir(folder))[0]!);
    const changed = await readFile(file);
    changed.writeUInt8(9, 500);
    await writeFile(file, changed);
    const cache = await open();
    expect(await isThere(cache, a1, 0)).toBe(false);
    expect(cache.byteCount).toBe(0);
    await until('the file to be removed', async () => (await readdir(folder)).length === 0);
  });

  it.each([0, 1, 999])('gives nothing of a file that a crash has cut off at %d bytes', async (byteCount) => {
    await spared(await open(), a1, 0, 1);
    await truncate(path.join(folder, (await readdir(folder))[0]!), byteCount);
    expect(await isThere(await open(), a1, 0)).toBe(false);
  });

  it('removes what another release left', async () => {
    await mkdir(path.join(folder, 'aa'));
    await writeFile(path.join(folder, 'aa', 'aa11-0~1'), bytes(1));
    await writeFile(path.join(folder, '7b3c-0-2-0a0b0c0d.pieces'), bytes(1));
    await open();
    expect(await readdir(folder)).toEqual([]);
  });

  it('stays within its bound and throws out the least recently used', async () => {
    const cache = await open(3000);
    const owners = ['b0', 'b1', 'b2', 'b3'].map(ownerOf);
    for (const owner of owners.slice(0, 3)) await spared(cache, owner, 0, 1);
    expect(await isThere(cache, owners[0]!, 0)).toBe(true);
    await spared(cache, owners[3]!, 0, 1);
    expect(cache.byteCount).toBe(3000);
    await until('a file to be removed', async () => (await readdir(folder)).length === 3);
    const again = await open(3000);
    expect(await Promise.all(owners.map((owner) => isThere(again, owner, 0)))).toEqual([true, false, true, true]);
  });

  it('keeps one file of what is spared twice', async () => {
    const cache = await open();
    for (let time = 0; time < 3; time++) cache.spare(a1, 0, bytes(1));
    await cache.written();
    cache.spare(a1, 0, bytes(1));
    await cache.written();
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('forgets an image, in memory, on disk and what waits to be written', async () => {
    const cache = await open();
    const other = ownerOf('a10');
    await spared(cache, a1, 0, 1);
    await spared(cache, other, 0, 1);
    expect(await isThere(cache, a1, 0)).toBe(true);
    cache.spare(a1, 1, bytes(2));
    cache.spare(a1, 2, bytes(2));
    cache.forget(a1.imageId);
    await cache.written();
    expect(await Promise.all([0, 1, 2].map((extent) => isThere(cache, a1, extent)))).toEqual([false, false, false]);
    expect(await isThere(cache, other, 0)).toBe(true);
    await until('one file', async () => (await readdir(folder)).length === 1);
  });

  it('goes on writing after much of what waited was forgotten', async () => {
    const cache = await open(1e9);
    const megabyte = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 40; i++) {
      cache.spare(a1, i, megabyte);
      cache.forget(a1.imageId);
    }
    await spared(cache, ownerOf('b1'), 0, 1);
    expect(await found(await open(1e9), ownerOf('b1'), 0, 1)).toEqual([bytes(1)]);
  });

  it.each([0, 999])('keeps nothing that its bound of %d has no room for', async (maxBytes) => {
    const cache = await open(maxBytes);
    await cache.read(a1, { from: 0, to: 1 }, async () => [bytes(1)]);
    await cache.written();
    expect(await isThere(cache, a1, 0)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});
