import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { openAccessDatabase } from './database.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'access-database-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('openAccessDatabase', () => {
  it('makes files that nobody else can read, and finds its rows again', () => {
    const file = path.join(folder, 'access.sqlite');
    const db = openAccessDatabase(file);
    db.exec(
      `INSERT INTO share_link (id, digest, StudyInstanceUID, made_by, made_at, expires_at) VALUES ('a', '00', '1.2', 'Anna', 1, 2)`,
    );
    const modes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    db.close();
    const again = openAccessDatabase(file);
    expect(again.prepare('SELECT id FROM share_link').all()).toEqual([{ id: 'a' }]);
    again.close();
  });

  it('opens a file of the format before, with what is in it', () => {
    const file = path.join(folder, 'before.sqlite');
    const tables = readFileSync('src/access/tables.sql', 'utf8').replace(/,\s+-- [^\n]*\n\s+emergency TEXT/, '');
    expect(tables).not.toContain('emergency');
    const before = new Database(file);
    before.exec(
      `${tables}; PRAGMA application_id = ${0x444c6163}; PRAGMA user_version = 1;
      INSERT INTO session VALUES ('a', '00', 'anna', 'idp', 'Anna', '[]', '{}', NULL, 'session', 1, 2, 3)`,
    );
    before.close();
    const opened = openAccessDatabase(file);
    expect(opened.prepare('SELECT id, emergency FROM session').all()).toEqual([{ id: 'a', emergency: null }]);
    opened.close();
    openAccessDatabase(file).close();
  });

  it('refuses what is not its own, damaged, or of a later release', () => {
    const [other, damaged, later] = ['other', 'damaged', 'later'].map((name) => path.join(folder, name));
    const db = new Database(other!);
    db.exec('CREATE TABLE mine (id INTEGER)');
    db.close();
    writeFileSync(damaged!, 'no database'.repeat(1000));
    openAccessDatabase(later!).exec('PRAGMA user_version = 3');
    for (const file of [other!, damaged!, later!, path.join(folder, 'absent', 'file')])
      expect(() => openAccessDatabase(file)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });
});
