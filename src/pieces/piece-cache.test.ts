import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPieceCache } from './piece-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'piece-cache-'));
});
afterEach(async () => rm(folder, { recursive: true }));

const piece = (fill: number): Buffer => Buffer.alloc(1000, fill);
const some = (...fills: number[]) => fills.map(piece);
const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile()).map((e) => e.name);
/** What the file of one such piece has: its length and digest, the digest of these, the piece. */
const fileBytes = 4 + 32 + 32 + 1000;

describe('openPieceCache', () => {
  it('gives back what was put together, whole and in part, also after it is opened again', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put('aa11', 5, some(1, 2, 3));
    expect(await files()).toHaveLength(1);
    const again = await openPieceCache({ folder, maxBytes: 100_000 });
    for (const one of [cache, again]) {
      expect(await one.get('aa11', 5, 3)).toEqual(some(1, 2, 3));
      expect(await one.get('aa11', 6, 1)).toEqual(some(2));
      expect(await one.get('aa11', 4, 5)).toEqual([undefined, ...some(1, 2, 3), undefined]);
      expect(await one.get('aa11', 7, 0)).toEqual([]);
      expect(await one.get('bb', 5, 1)).toEqual([undefined]);
    }
    expect(again.byteCount).toBe(cache.byteCount);
  });

  it('gives pieces of several files, and puts none twice', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put('a', 1, some(1, 2));
    await cache.put('a', 4, some(4));
    await cache.put('a', 0, some(0, 1, 2, 3, 4, 5));
    await cache.put('a', 1, some(1, 2, 3));
    expect(await cache.get('a', 0, 6)).toEqual(some(0, 1, 2, 3, 4, 5));
    expect(await files()).toHaveLength(5);
    expect(cache.byteCount).toBe(6 * 36 + 5 * 32 + 6000);
  });

  it('holds one file of what is put twice at the same time', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await Promise.all([cache.put('a', 0, some(0, 1)), cache.put('a', 1, some(1, 2)), cache.put('a', 0, some(0, 1))]);
    expect(await files()).toHaveLength(1);
    const again = await openPieceCache({ folder, maxBytes: 100_000 });
    expect(await again.get('a', 0, 3)).toEqual(await cache.get('a', 0, 3));
  });

  it('hands out nothing for a piece in which a byte has changed, and forgets its file', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put('bb22', 0, some(1, 2));
    const file = path.join(folder, (await files())[0]!);
    const bytes = await readFile(file);
    bytes.writeUInt8(9, bytes.length - 500);
    await writeFile(file, bytes);
    expect(await cache.get('bb22', 0, 2)).toEqual([piece(1), undefined]);
    expect(cache.byteCount).toBe(0);
    expect(await cache.get('bb22', 0, 1)).toEqual([undefined]);
  });

  it.each([0, 20, 60, 90, 150, 1500])(
    'gives nothing wrong of a file that a crash has cut off at %d bytes',
    async (byteCount) => {
      await (await openPieceCache({ folder, maxBytes: 100_000 })).put('a', 0, some(1, 2));
      await truncate(path.join(folder, (await files())[0]!), byteCount);
      const cache = await openPieceCache({ folder, maxBytes: 100_000 });
      expect(await cache.get('a', 1, 1)).toEqual([undefined]);
      expect(cache.byteCount).toBe(0);
    },
  );

  it('removes what another release left', async () => {
    await mkdir(path.join(folder, 'aa'));
    await writeFile(path.join(folder, 'aa', 'aa11-0~1'), piece(1));
    await writeFile(path.join(folder, '7b3c.pieces'), piece(1));
    await openPieceCache({ folder, maxBytes: 100_000 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('stays within its bound and throws out the least recently used', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 3 * fileBytes });
    for (const body of ['a0', 'a1', 'a2']) await cache.put(body, 0, some(1));
    await cache.get('a0', 0, 1);
    await cache.put('a3', 0, some(1));
    const found = await Promise.all(['a0', 'a1', 'a2', 'a3'].map((body) => cache.get(body, 0, 1)));
    expect(found.map(([one]) => one !== undefined)).toEqual([true, false, true, true]);
    expect(cache.byteCount).toBe(3 * fileBytes);
    while ((await files()).length > 3) await new Promise((resolve) => setImmediate(resolve));
  });

  it('cuts what is put together where it is more than an eighth of the bound', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 8 * fileBytes });
    await cache.put('a', 0, some(1, 2, 3, 4));
    expect(await files()).toHaveLength(4);
    expect(await cache.get('a', 3, 1)).toEqual(some(4));
  });

  it('keeps the files of what it holds when a piece is put again while it is being thrown out', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 2 * fileBytes });
    const bodies = ['d0', 'd1', 'd2', 'd3'];
    for (let round = 0; round < 100; round++) await Promise.all(bodies.map((body) => cache.put(body, 0, some(round))));
    const found = await Promise.all(bodies.map((body) => cache.get(body, 0, 1)));
    expect(found.filter(([one]) => one !== undefined)).toHaveLength(2);
    while ((await files()).length > 2) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([0, fileBytes - 1])('keeps nothing that its bound of %d has no room for', async (maxBytes) => {
    const cache = await openPieceCache({ folder, maxBytes });
    await cache.put('a', 0, some(1));
    expect(await files()).toEqual([]);
    expect(cache.byteCount).toBe(0);
  });
});
