import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import type { Query } from '../query.js';
import { key, query } from '../testing/records.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { searchSql } from './search-sql.js';
import { type Sight, sightOf } from './sight.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-plans-'));
let db: Database.Database;
beforeAll(async () => {
  const [file, annotationsFile] = [path.join(folder, 'catalog.db'), path.join(folder, 'annotations')];
  await openTestCatalog({ file, annotationsFile }).close();
  db = new Database(file);
  db.prepare('ATTACH ? AS annotations').run(annotationsFile);
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const plan = (sight: Sight, wanted: Query): string => {
  const { id, from, where, order } = searchSql(wanted, () => ['study'], sight);
  const steps = db
    .prepare(`EXPLAIN QUERY PLAN SELECT ${id} FROM ${from.sql} WHERE ${where.sql} ORDER BY ${order}`)
    .all(...from.values, ...where.values) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('\n');
};
const SORTS = /TEMP B-TREE FOR ORDER BY/;

describe('searchSql', () => {
  const sights = { all: sightOf('everything'), 'one site’s': sightOf('everything', 2) };
  it.each(Object.entries(sights))('finds %s in the order of the indexes, without sorting all', (_, sight) => {
    for (const level of ['study', 'series', 'instance'] as const) {
      const steps = plan(sight, query(level));
      expect(steps).toMatch(/^SCAN s USING INDEX study_order/);
      expect(steps).not.toMatch(SORTS);
    }
    const scope = { StudyInstanceUID: '1.2', SeriesInstanceUID: '1.3' };
    for (const [level, ids] of [
      ['series', { StudyInstanceUID: '1.2' }],
      ['instance', scope],
    ] as const)
      expect(plan(sight, query(level, ids))).not.toMatch(/TEMP B-TREE/);
  });

  it('finds an instance by its UID alone, and a labelled study by its label', () => {
    const byUid = plan(sights.all, query('instance', { match: [key('00080018', 'UI', '1.2')] }));
    expect(byUid).toMatch(/^SEARCH i USING INDEX instance_uid/);
    const labelled = plan(sightOf({ labels: ['a'] }), query('study'));
    expect(labelled).toMatch(/^SEARCH s USING INDEX \S+ \(StudyInstanceUID=\? AND site_id=\?\)/);
    expect(labelled).toMatch(/SEARCH l USING COVERING INDEX label_studies \(label=\?\)/);
  });
});
