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
const named = (...names: string[]) => names.map((name, i) => ({ name, piece: piece(i + 1) }));
const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile()).map((e) => e.name);
/** What the file of one such piece has: length and digest of its index, one line of name, length and digest, the piece. */
const fileBytes = 4 + 32 + 'a0 1000 '.length + 64 + 1 + 1000;

describe('openPieceCache', () => {
  it('gives back what was put together, in any choice and order, also after it is opened again', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put(named('aa11-0', 'aa11-1', 'aa11-2'));
    expect(await files()).toHaveLength(1);
    const again = await openPieceCache({ folder, maxBytes: 100_000 });
    for (const one of [cache, again]) {
      expect(await one.get(['aa11-2', 'aa11-9', 'aa11-0', 'aa11-2'])).toEqual([
        piece(3),
        undefined,
        piece(1),
        piece(3),
      ]);
      expect(await one.get([])).toEqual([]);
    }
    expect(again.byteCount).toBe(cache.byteCount);
  });

  it('gives pieces of several files, and puts none twice', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put(named('a0', 'a1'));
    await cache.put(named('a0', 'a1', 'a2'));
    await cache.put(named('a1', 'a2'));
    expect(await cache.get(['a0', 'a1', 'a2'])).toEqual([piece(1), piece(2), piece(3)]);
    expect(await files()).toHaveLength(2);
  });

  it('hands out nothing for a piece in which a byte has changed, and forgets its file', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    await cache.put(named('bb22-0', 'bb22-1'));
    const file = path.join(folder, (await files())[0]!);
    const bytes = await readFile(file);
    bytes.writeUInt8(9, bytes.length - 500);
    await writeFile(file, bytes);
    expect(await cache.get(['bb22-0', 'bb22-1'])).toEqual([piece(1), undefined]);
    expect(cache.byteCount).toBe(0);
    expect(await cache.get(['bb22-0'])).toEqual([undefined]);
  });

  it.each([0, 20, 60, 150, 1500])('opens with a file that a crash has cut off at %d bytes', async (byteCount) => {
    await (await openPieceCache({ folder, maxBytes: 100_000 })).put(named('a0', 'a1'));
    await truncate(path.join(folder, (await files())[0]!), byteCount);
    const cache = await openPieceCache({ folder, maxBytes: 100_000 });
    expect(await cache.get(['a1'])).toEqual([undefined]);
  });

  it('removes what another release left', async () => {
    await mkdir(path.join(folder, 'aa'));
    await writeFile(path.join(folder, 'aa', 'aa11-0~1'), piece(1));
    await writeFile(path.join(folder, 'other'), piece(1));
    await openPieceCache({ folder, maxBytes: 100_000 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('stays within its bound and throws out the least recently used', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 3 * fileBytes });
    for (const name of ['a0', 'a1', 'a2']) await cache.put(named(name));
    await cache.get(['a0']);
    await cache.put(named('a3'));
    expect((await cache.get(['a0', 'a1', 'a2', 'a3'])).map((found) => found !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.byteCount).toBe(3 * fileBytes);
    while ((await files()).length > 3) await new Promise((resolve) => setImmediate(resolve));
  });

  it('cuts what is put together where it is more than an eighth of the bound', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 8 * fileBytes });
    await cache.put(named('a0', 'a1', 'a2', 'a3'));
    expect(await files()).toHaveLength(4);
    expect(await cache.get(['a3'])).toEqual([piece(4)]);
  });

  it('keeps the files of what it holds when a piece is put again while it is being thrown out', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 2 * fileBytes });
    const names = ['d0', 'd1', 'd2', 'd3'];
    for (let round = 0; round < 100; round++) {
      await Promise.all(names.map((name) => cache.put([{ name, piece: piece(round) }])));
    }
    expect((await cache.get(names)).filter((found) => found !== undefined)).toHaveLength(2);
    while ((await files()).length > 2) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([0, fileBytes - 1])('keeps nothing that its bound of %d has no room for', async (maxBytes) => {
    const cache = await openPieceCache({ folder, maxBytes });
    await cache.put(named('a0'));
    expect(await files()).toEqual([]);
    expect(cache.byteCount).toBe(0);
  });
});
