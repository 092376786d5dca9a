import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import type { Connection } from './database.js';
import { prepareRingQueries } from './ring-queries.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-ring-plans-'));
let db: Connection;
beforeAll(async () => {
  const file = path.join(folder, 'catalog.db');
  await openTestCatalog({ file, annotationsFile: path.join(folder, 'annotations') }).close();
  db = new Database(file);
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

describe('prepareRingQueries', () => {
  it('looks all up by indexes: whole tables are neither read nor sorted', () => {
    const texts: string[] = [];
    const listening = { prepare: (sql: string) => db.prepare((texts.push(sql), sql)) } as unknown as Connection;
    prepareRingQueries(listening, { siteId: 1 });
    const plans = texts.map((sql) => {
      const values = Array.from(sql.matchAll(/\?/g), () => '1');
      return (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(
        ({ detail }) => detail,
      );
    });
    const [locked, lockedImages, lockedImage, ofStudy, studyOf] = plans;
    expect(locked?.slice(0, 2).join()).toMatch(
      /SEARCH instance USING COVERING INDEX instance_locked \(site_id=\? AND ring_id=\? AND study_key>\?\)$/,
    );
    expect(locked?.join()).not.toMatch(/GROUP BY/);
    expect(lockedImages?.join()).toMatch(
      /^SEARCH i USING INDEX instance_locked \(\(site_id,ring_id,study_key\)>\(\?,\?,\?\)\)$/,
    );
    expect(lockedImage?.join()).toMatch(/^SEARCH i USING INDEX instance_image_id \(image_id=\?\)$/);
    expect(ofStudy?.[0]).toMatch(/SEARCH s .*\(StudyInstanceUID=\? AND site_id=\?\)/);
    expect(studyOf?.join()).toMatch(/instance_study_key \(site_id=\? AND study_key=\?\)/);
    // But for the few rows of one answer.
    for (const step of [...ofStudy!, ...studyOf!]) expect(step).not.toMatch(/^SCAN/);
    expect(studyOf?.join()).not.toMatch(/TEMP B-TREE/);
  });
});
