import { closeSync, existsSync, fchmodSync, openSync } from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import { LedgerError } from '../base/errors.js';

export type AuditDatabase = Database.Database;

export const auditFile = (dataFolder: string): string => path.join(dataFolder, 'audit.sqlite');

/** "DLau" in the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x444c6175;
const FILE_FORMAT = 1;

/*
 * What can be searched of an event is computed from its text, so that it cannot say anything else than what is hashed. `part` has
 * the rows that were anchored together; when they are old enough, they are removed and the part stays. `open_use` has what is
 * still being counted, so that a kill loses none of it.
 */
const TABLES = `
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  body TEXT NOT NULL,
  at INTEGER GENERATED ALWAYS AS (json_extract(body, '$.at')) VIRTUAL,
  kind TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
  outcome INTEGER GENERATED ALWAYS AS (json_extract(body, '$.outcome')) VIRTUAL,
  agent TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.subject')) VIRTUAL,
  issuer TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.issuer')) VIRTUAL,
  name TEXT GENERATED ALWAYS AS (json_extract(body, '$.agent.name')) VIRTUAL,
  address TEXT GENERATED ALWAYS AS (json_extract(body, '$.address')) VIRTUAL,
  subject TEXT GENERATED ALWAYS AS (json_extract(body, '$.subject')) VIRTUAL
) STRICT;
CREATE INDEX event_at ON event (at);
CREATE INDEX event_agent ON event (agent, position);
CREATE INDEX event_subject ON event (subject, position) WHERE subject IS NOT NULL;
CREATE TABLE subject (
  ref TEXT PRIMARY KEY,
  salt BLOB NOT NULL,
  StudyInstanceUID TEXT,
  PatientID TEXT,
  IssuerOfPatientID TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_study ON subject (StudyInstanceUID);
CREATE INDEX subject_patient ON subject (PatientID);
CREATE TABLE open_use (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE part (
  last INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  hash BLOB NOT NULL,
  root BLOB NOT NULL,
  closed_at INTEGER NOT NULL,
  sent_at INTEGER,
  transaction_hash TEXT,
  block INTEGER,
  is_removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE sent (receiver TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_stays_as_it_is BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'a row of the audit is never changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event
  WHEN NOT EXISTS (SELECT 1 FROM part WHERE is_removed = 1 AND OLD.position BETWEEN first AND last)
  BEGIN SELECT RAISE(ABORT, 'a row of the audit is removed with its part only'); END;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FILE_FORMAT};
`;

/**
 * Opens the file of the audit or makes it, for its owner alone (mode 0600). Never waits for another process: who holds it shall
 * not hold the server. Throws `misconfigured` for a file that is damaged, from a newer release, or not an audit.
 */
export function openAuditDatabase(file: string): AuditDatabase {
  if (!existsSync(file)) closeSync(openSync(file, 'w', 0o600));
  try {
    const handle = openSync(file, 'r');
    fchmodSync(handle, 0o600);
    closeSync(handle);
    const db = new Database(file, { timeout: 0 });
    try {
      // WAL and shared memory get the mode of the file.
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma('secure_delete = ON');
      prepare(db, file);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw error instanceof LedgerError
      ? error
      : unusable(file, `cannot be opened (${(error as Error).message})`, error);
  }
}

function prepare(db: AuditDatabase, file: string): void {
  const pragma = (name: string): number => (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
  const [application, format] = [pragma('application_id'), pragma('user_version')];
  const { count } = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
  if (count === 0 && application === 0) return void db.exec(`BEGIN;${TABLES}COMMIT;`);
  if (application !== APPLICATION_ID) throw unusable(file, 'is not an audit of dicom-ledger');
  if (format > FILE_FORMAT) throw unusable(file, `has format ${format}, but this release knows ${FILE_FORMAT}`);
}

function unusable(file: string, why: string, cause?: unknown): LedgerError {
  const next = 'Put it aside for an examination; the next start makes a new one.';
  return new LedgerError('misconfigured', `The audit ${file} ${why}. ${next}`, { cause, details: { file } });
}
