import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { puncture, wholeRing } from './ring.js';
import { readRingsFile, readRingsFileHead, writeRingsFile } from './rings-file.js';
import { refusalOf } from './testing/vectors.js';
import { pathOf } from './tree.js';

const owner = { chainId: 5n, consortium: randomBytes(20), siteId: 7 };
const root = randomBytes(32);
const rings = [
  { siteId: 7, ringId: randomBytes(16), ring: puncture(wholeRing(root), [pathOf(1n)]) },
  { siteId: 9, ringId: randomBytes(16), ring: wholeRing(randomBytes(32)) },
];
const fileKey = randomBytes(32);
const wrappedKey = randomBytes(100);
const file = writeRingsFile('ring', { owner, rings }, { fileKey, wrappedKey });

describe('writeRingsFile', () => {
  it('gives a file that its key opens, and that says in clear whose it is and how its key is wrapped', () => {
    expect(readRingsFile('ring', file, fileKey)).toEqual(rings);
    expect(readRingsFileHead('ring', file)).toEqual({ owner, wrappedKey });
    expect(readRingsFile('ring', writeRingsFile('ring', { owner, rings: [] }, { fileKey }), fileKey)).toEqual([]);
  });

  it('has no key in clear', () => {
    for (const { ring } of rings) for (const node of ring.values()) expect(file.includes(node)).toBe(false);
    expect(file.includes(fileKey)).toBe(false);
  });
});

describe('readRingsFile', () => {
  it('refuses the key of another day: destroying a key destroys its files, and no others (P14, P16)', async () => {
    const next = writeRingsFile('ring', { owner, rings }, { fileKey: randomBytes(32), wrappedKey });
    expect(await refusalOf(() => readRingsFile('ring', next, fileKey))).toBe('forbidden');
  });

  it('refuses a backup as a ring file and a ring file as a backup, also under one key', async () => {
    const backup = writeRingsFile('backup', { owner, rings }, { fileKey });
    expect(await refusalOf(() => readRingsFile('ring', backup, fileKey))).toBe('corrupt');
    const renamed = Buffer.concat([Buffer.from('DLRF'), backup.subarray(4)]);
    expect(await refusalOf(() => readRingsFile('ring', renamed, fileKey))).toBe('forbidden');
  });

  it('refuses a change of each byte, and each shorter file', async () => {
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at]! ^= 0x01;
      expect(['corrupt', 'forbidden']).toContain(await refusalOf(() => readRingsFile('ring', changed, fileKey)));
    }
    for (let length = 0; length < file.length; length += 13)
      expect(['corrupt', 'forbidden']).toContain(
        await refusalOf(() => readRingsFile('ring', file.subarray(0, length), fileKey)),
      );
  });
});
