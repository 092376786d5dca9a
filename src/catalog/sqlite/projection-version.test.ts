import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { projectionVersion } from './projection-version.js';
import { announced, block, full, query, sealed } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-version-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('projectionVersion', () => {
  const rules = { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 100, settings: 'a' };
  const version = projectionVersion('CREATE TABLE a (b)', rules);

  it('is the same for the same tables, and another one for others', () => {
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(projectionVersion('CREATE TABLE a (b)', rules)).toBe(version);
    expect(projectionVersion('CREATE TABLE a (c)', rules)).not.toBe(version);
  });

  it('is another one for what decides of what is read and retired, and the same for what is shown of it', () => {
    for (const other of [{ siteId: 2 }, { retirementsPerHour: 99 }, { settings: 'b' }])
      expect(projectionVersion('CREATE TABLE a (b)', { ...rules, ...other })).not.toBe(version);
    expect(projectionVersion('CREATE TABLE a (b)', { ...rules, siteOrder: [2], additions: [3] })).toBe(version);
  });
});

describe('openCatalog', () => {
  it('empties a catalogue of another version, and keeps one of its own', async () => {
    const file = path.join(folder, 'catalog.db');
    const made = openTestCatalog({ file });
    await made.apply(block(1), [announced(full), sealed('a', 1)]);
    await made.close();

    const kept = openTestCatalog({ file });
    expect(kept.projection.cursor()?.number).toBe(1n);
    await kept.close();

    const db = new Database(file);
    db.exec("UPDATE projection_version SET version = 'another'");
    db.close();
    const emptied = openTestCatalog({ file });
    expect(emptied.projection.cursor()).toBeUndefined();
    expect((await emptied.seenBy('everything').search(query('patient'))).matches).toEqual([]);
    await emptied.apply(block(0), [announced(full)]);
    expect((await emptied.seenBy('everything').counts()).instances).toBe(1);
    await emptied.close();
  });
});
