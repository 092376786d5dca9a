import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { openCatalog } from './open-catalog.js';
import { projectionVersion } from './projection-version.js';
import { announced, block, full, query, sealed } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-version-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('projectionVersion', () => {
  it('is the same for the same tables, and another one for others', () => {
    expect(projectionVersion('CREATE TABLE a (b)')).toMatch(/^[0-9a-f]{64}$/);
    expect(projectionVersion('CREATE TABLE a (b)')).toBe(projectionVersion('CREATE TABLE a (b)'));
    expect(projectionVersion('CREATE TABLE a (b)')).not.toBe(projectionVersion('CREATE TABLE a (c)'));
  });
});

describe('openCatalog', () => {
  it('empties a catalogue of another version, and keeps one of its own', async () => {
    const file = path.join(folder, 'catalog.db');
    const made = openCatalog({ file });
    await made.apply(block(1), [announced(full), sealed('a', 1)]);
    await made.close();

    const kept = openCatalog({ file });
    expect(kept.projection.cursor()?.number).toBe(1n);
    await kept.close();

    const db = new Database(file);
    db.exec("UPDATE projection_version SET version = 'another'");
    db.close();
    const emptied = openCatalog({ file });
    expect(emptied.projection.cursor()).toBeUndefined();
    expect((await emptied.seenBy('everything').search(query('patient'))).matches).toEqual([]);
    await emptied.apply(block(0), [announced(full)]);
    expect((await emptied.seenBy('everything').counts()).instances).toBe(1);
    await emptied.close();
  });
});
