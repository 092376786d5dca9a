import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../base/log.js';
import { startAnchors } from './anchors.js';
import { auditFile, openAuditDatabase, type AuditDatabase } from './audit-database.js';
import { auditHead } from './audit-writer.js';
import { auditBody, auditBodyText } from './audit-body.js';
import { NO_ROW, rowHash } from './row-hash.js';
import { createSubjects } from './subjects.js';
import { anEvent, auditBed, type AuditBed } from './testing/audit-bed.js';
import { verifyAudit } from './verify-audit.js';

const ROWS = 100_000;
const ANCHORED = 99_990;

let bed: AuditBed;
let copies: string;
beforeAll(async () => {
  bed = auditBed();
  copies = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-tampered-'));
  const db = openAuditDatabase(auditFile(bed.folder));
  const subjects = createSubjects(db);
  const add = db.prepare('INSERT INTO event (position, hash, body) VALUES (?, ?, ?)');
  const fill = (from: number, to: number): void => {
    db.exec('BEGIN');
    let { hash } = auditHead(db);
    for (let position = from; position <= to; position++) {
      const subject = subjects.refOf({ StudyInstanceUID: `1.2.${position % 100}` });
      const body = auditBodyText({ ...auditBody(anEvent(), 1_800_000_000_000 + position), subject });
      hash = rowHash(position === 1 ? NO_ROW : hash, { position, body });
      add.run(position, hash, body);
    }
    db.exec('COMMIT');
  };
  fill(1, ANCHORED);
  await anchorAll(db);
  fill(ANCHORED + 1, ROWS);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}, 120_000);
afterAll(() => {
  bed.remove();
  rmSync(copies, { recursive: true, force: true });
});

async function anchorAll(db: AuditDatabase): Promise<void> {
  const dependencies = {
    db,
    subjects: createSubjects(db),
    head: () => auditHead(db),
    chain: bed.chain,
    log: silentLog,
  };
  await startAnchors(dependencies, { lookEveryMs: 1e6, retentionMs: 1e15, now: () => 0 }).close();
}

/** Changes a copy of the file behind its back, as somebody with the file and SQLite can, and says what the check finds. */
async function foundAfter(tamper: (db: Database.Database) => void): Promise<string[]> {
  const file = path.join(copies, `${Math.random()}.sqlite`);
  copyFileSync(auditFile(bed.folder), file);
  const db = new Database(file);
  db.exec('DROP TRIGGER event_stays; DROP TRIGGER event_stays_as_it_is;');
  db.exec('BEGIN');
  tamper(db);
  db.exec('COMMIT');
  const { problems } = await verifyAudit({ db, chain: bed.chain });
  db.close();
  rmSync(file);
  return problems;
}

describe('verifyAudit', () => {
  it('finds nothing where nothing was done, among 10^5 rows', async () => {
    const db = new Database(auditFile(bed.folder));
    const found = await verifyAudit({ db, chain: bed.chain }, { head: auditHead(db) });
    expect(found).toEqual({ rows: ROWS, anchored: 1, notAnchored: ROWS - ANCHORED, problems: [] });
    db.close();
  });

  it('names each row that was altered, and no other', async () => {
    const altered = [1, 77_777, ROWS - 1, ROWS];
    const alter = (db: Database.Database): unknown =>
      db.exec(`UPDATE event SET body = replace(body, 'Ada', 'Eve') WHERE position IN (${altered.join(',')})`);
    expect(await foundAfter(alter)).toEqual(altered.map((position) => `Row ${position} was altered.`));
  });

  it('names the rows that are lost', async () => {
    const lose = (db: Database.Database): unknown =>
      db.exec('DELETE FROM event WHERE position BETWEEN 500 AND 502 OR position = 99995');
    expect(await foundAfter(lose)).toEqual([
      'Rows 500 to 502 are lost.',
      'Row 99995 is lost.',
      expect.stringMatching(/^Rows 1 to 99990 do not have the root/),
      expect.stringMatching(/^Rows 1 to 99990 are not those that were anchored/),
    ]);
  });

  it('names a lost row though those after it were renumbered', async () => {
    const lose = (db: Database.Database): void => {
      db.exec('DELETE FROM event WHERE position = 99000');
      db.exec('UPDATE event SET position = -position WHERE position > 99000');
      db.exec('UPDATE event SET position = -position - 1 WHERE position < 0');
    };
    expect((await foundAfter(lose))[0]).toBe('A row is lost before row 99000.');
  });

  it('names a row that was inserted, with a hash that follows the row before it', async () => {
    const insert = (db: Database.Database): void => {
      db.exec('UPDATE event SET position = -position WHERE position >= 99000');
      db.exec('UPDATE event SET position = 1 - position WHERE position < 0');
      const { hash } = db.prepare('SELECT hash FROM event WHERE position = 98999').get() as { hash: ArrayBuffer };
      const body = auditBodyText(auditBody(anEvent(), 1));
      const forged = rowHash(Buffer.from(hash), { position: 99000, body });
      db.prepare('INSERT INTO event (position, hash, body) VALUES (?, ?, ?)').run(99000, forged, body);
    };
    expect((await foundAfter(insert))[0]).toBe('Row 99000 was inserted.');
  });

  it('finds by the anchor that all hashes were made again', async () => {
    const forge = (db: Database.Database): void => {
      db.exec("UPDATE event SET body = replace(body, 'Ada', 'Eve') WHERE position = 99980");
      rehash(db, 99980);
    };
    expect(await foundAfter(forge)).toEqual([
      `Rows 1 to ${ANCHORED} do not have the root that was computed when they were written.`,
      `Rows 1 to ${ANCHORED} are not those that were anchored by transaction 0x1.`,
    ]);
  });

  it('finds rows that were cut off before the last anchor, and after it with the head that the server knows', async () => {
    const cut = (db: Database.Database): unknown => db.exec('DELETE FROM event WHERE position > 99900');
    expect(await foundAfter(cut)).toContain('Rows 99901 to 99990 are lost.');
    const db = new Database(auditFile(bed.folder));
    const head = { ...auditHead(db), position: ROWS + 5 };
    expect((await verifyAudit({ db, chain: bed.chain }, { head })).problems).toEqual([
      'Rows 100001 to 100005 are lost.',
    ]);
    db.close();
  });

  it('finds a subject that was put in the place of another', async () => {
    const swap = (db: Database.Database): unknown =>
      db.exec("UPDATE subject SET StudyInstanceUID = '6.6.6' WHERE StudyInstanceUID = '1.2.7'");
    expect(await foundAfter(swap)).toEqual([expect.stringMatching(/^The subject [0-9a-f]{64} is not the one/)]);
  });

  function rehash(db: Database.Database, from: number): void {
    const before = db.prepare('SELECT hash FROM event WHERE position = ?').get(from - 1) as { hash: ArrayBuffer };
    let hash: Buffer = Buffer.from(before.hash);
    const rows = db.prepare('SELECT position, body FROM event WHERE position >= ? ORDER BY position').all(from);
    for (const row of rows as { position: number; body: string }[]) {
      hash = rowHash(hash, row);
      db.prepare('UPDATE event SET hash = ? WHERE position = ?').run(hash, row.position);
    }
  }
});
