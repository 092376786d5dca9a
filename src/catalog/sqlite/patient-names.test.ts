import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import type { Catalog } from '../catalog.js';
import { sightOf } from './sight.js';
import { searchSql } from './search-sql.js';
import { asEarlierRelease } from '../testing/as-earlier-release.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, column, element, key, name, query } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-names-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PatientName = '00100010';
const PatientID = '00100020';
const called = (of: string, patient = of) => ({
  name: of,
  study: `study ${of}`,
  patient,
  studyAttributes: { [PatientName]: name(of), [PatientID]: element('LO', patient) },
});

describe('searching by PatientName', () => {
  let file = '';
  let files = 0;
  let catalog: Catalog;
  beforeEach(() => {
    file = path.join(folder, `${files++}.db`);
    catalog = openTestCatalog({ file });
  });
  afterEach(() => catalog.close());
  const found = async (level: 'patient' | 'study', value: string) =>
    column(
      (await catalog.seenBy('everything').search(query(level, { match: [key(PatientName, 'PN', value)] }))).matches,
      PatientID,
    );

  it('forgets the names of what is rolled back, and finds those that came in its place', async () => {
    await catalog.apply(block(1), [announced(called('Doe^Jane'))]);
    await catalog.apply(block(2), [announced(called('Roe^Rita'))]);
    await catalog.rollback(block(1));
    await catalog.apply(block(2, 'other'), [announced(called('Poe^Paul'))]);
    for (const level of ['study', 'patient'] as const) {
      expect(await found(level, 'roe*')).toEqual([]);
      expect(await found(level, 'poe*')).toEqual(['Poe^Paul']);
      expect(await found(level, '*j*')).toEqual(['Doe^Jane']);
    }
  });

  it('finds the names in a catalogue that an earlier release has made', async () => {
    const changes = [announced(called('Doe^Jane')), announced(called('Roe^Rita'), 1)];
    await catalog.apply(block(1), changes);
    await catalog.close();
    asEarlierRelease(file);
    catalog = openTestCatalog({ file });
    expect(catalog.projection.cursor()).toBeUndefined();
    await catalog.apply(block(1), changes);
    expect(await found('study', 'roe^rita')).toEqual(['Roe^Rita']);
    expect(await found('patient', 'd?e*')).toEqual(['Doe^Jane']);
  });

  it('takes a patient by the name that describes it, not by that of a later study', async () => {
    await catalog.apply(block(1), [announced(called('Doe^Jane', 'same')), announced(called('Roe^Jane', 'same'), 1)]);
    expect(await found('patient', 'doe*')).toEqual(['same']);
    expect(await found('patient', 'roe*')).toEqual([]);
    expect(await found('study', 'roe*')).toEqual(['same']);
  });

  it('reads the studies with the name alone, not all of them', () => {
    const wanted = query('study', { match: [key(PatientName, 'PN', 'Doe*')] });
    const { id, from, where, order } = searchSql(wanted, () => ['study'], sightOf('everything'));
    const db = new Database(file);
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN SELECT ${id} FROM ${from.sql} WHERE ${where.sql} ORDER BY ${order}`)
      .all(...where.values) as { detail: string }[];
    db.close();
    const steps = plan.map(({ detail }) => detail);
    expect(steps).toContainEqual(expect.stringMatching(/^SEARCH s USING INDEX study_section /));
    expect(steps).not.toContainEqual(expect.stringMatching(/^SCAN s\b/));
  });
});
