import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPieceCache } from './piece-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'piece-cache-'));
});
afterEach(async () => rm(folder, { recursive: true }));

const piece = (fill: number): Buffer => Buffer.alloc(1000, fill);
const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile()).map((e) => e.name);

describe('openPieceCache', () => {
  it('gives back what was put, also after it is opened again', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 10_000 });
    await cache.put('aa11-0', piece(1));
    expect(await cache.get('aa11-0')).toEqual(piece(1));
    const again = await openPieceCache({ folder, maxBytes: 10_000 });
    expect(await again.get('aa11-0')).toEqual(piece(1));
    expect(await again.get('aa11-1')).toBeUndefined();
  });

  it('hands out nothing for a file in which a byte has changed, and forgets it', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 10_000 });
    await cache.put('bb22-0', piece(2));
    const file = path.join(folder, 'bb', (await files())[0] ?? '');
    const bytes = await readFile(file);
    bytes.writeUInt8(9, 500);
    await writeFile(file, bytes);
    expect(await cache.get('bb22-0')).toBeUndefined();
    expect(cache.byteCount).toBe(0);
  });

  it('stays within its bound and throws out the least recently used', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 3 * 1032 });
    for (const name of ['a0', 'a1', 'a2']) await cache.put(name, piece(3));
    await cache.get('a0');
    await cache.put('a3', piece(4));
    expect(await cache.get('a1')).toBeUndefined();
    expect(await cache.get('a0')).toBeDefined();
    expect(cache.byteCount).toBe(3 * 1032);
    while ((await files()).length > 3) await new Promise((resolve) => setImmediate(resolve));
  });

  it('keeps the files of what it holds when a piece is put again while it is being thrown out', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 2 * 1032 });
    for (let round = 0; round < 100; round++) {
      await Promise.all(['d0', 'd1', 'd2', 'd3'].map((name) => cache.put(name, piece(round))));
    }
    const heldFiles = await Promise.all(['d0', 'd1', 'd2', 'd3'].map((name) => cache.get(name)));
    expect(heldFiles.filter((found) => found !== undefined)).toHaveLength(2);
    while ((await files()).length > 2) await new Promise((resolve) => setImmediate(resolve));
  });

  it('keeps nothing with a bound of 0', async () => {
    const cache = await openPieceCache({ folder, maxBytes: 0 });
    await cache.put('cc', piece(5));
    expect(await files()).toEqual([]);
  });
});
