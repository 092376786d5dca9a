import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { projectionVersion } from './projection-version.js';
import { projectionVersionSuite } from '../testing/projection-version-suite.js';

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

describe('catalog on SQLite', () => {
  const fileOf = (name: string): string => path.join(folder, name);
  projectionVersionSuite(({ name = 'new' } = {}) => openTestCatalog({ file: fileOf(name) }), {
    makeAnother: (name) => {
      const db = new Database(fileOf(name));
      db.exec("UPDATE projection_version SET version = 'another'");
      db.close();
    },
  });
});
