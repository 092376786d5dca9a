import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import { LedgerError } from '../../base/errors.js';

export type AccountsDatabase = Database.Database;

/** "DLpp" in the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x444c7070;
const FORMAT = 1;
const BUSY_MS = 5000;

const TABLES = `
-- The people of a site that has no identity provider, and what its own provider keeps of their logins.
-- Times are in milliseconds since 1970.

CREATE TABLE account (
  -- For ever that of one person, whatever else changes: the "sub" of tokens.
  subject TEXT PRIMARY KEY,
  -- What the person writes to log in, in lower case.
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- JSON: a list of names.
  roles TEXT NOT NULL,
  -- argon2id (RFC 9106), as a PHC string.
  password TEXT NOT NULL,
  -- 1 while somebody else knows the password too.
  must_change INTEGER NOT NULL,
  -- What was given out for an earlier generation is not valid any more.
  generation INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  disabled_at INTEGER
) STRICT;

-- Codes, logins under way and the like, by their kind.
CREATE TABLE artifact (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  -- JSON.
  payload TEXT NOT NULL,
  grant_id TEXT,
  uid TEXT,
  expires_at INTEGER NOT NULL,
  consumed_at INTEGER,
  PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX artifact_of_grant ON artifact (grant_id);
CREATE INDEX artifact_by_uid ON artifact (uid);
CREATE INDEX artifact_by_end ON artifact (expires_at);`;

/**
 * Opens `accounts.sqlite` of a data folder or makes it, readable for its owner alone. Several processes may have it open: the server
 * and the command line. Throws `misconfigured` for a file that cannot be opened, is another program's or of a later release.
 */
export function openAccountsDatabase(dataFolder: string): AccountsDatabase {
  const file = path.join(dataFolder, 'accounts.sqlite');
  let db: AccountsDatabase | undefined;
  try {
    // SQLite gives the files beside it the same mode.
    closeSync(openSync(file, 'a', 0o600));
    db = new Database(file);
    db.pragma(`busy_timeout = ${BUSY_MS}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    makeTables(db);
    return db;
  } catch (cause) {
    db?.close();
    throw new LedgerError(
      'misconfigured',
      `The file ${file}, which has the accounts, cannot be used (${(cause as Error).message}); bring it back from a backup, or move it away and make the accounts anew.`,
      { cause },
    );
  }
}

function makeTables(db: AccountsDatabase): void {
  db.transaction(() => {
    const [application, format] = [pragma(db, 'application_id'), pragma(db, 'user_version')];
    if (application === APPLICATION_ID && format === FORMAT) return;
    if (application === APPLICATION_ID) throw new Error(`it has format ${format}, but this release knows ${FORMAT}`);
    if (db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) throw new Error('it is no file of dicom-ledger');
    db.exec(TABLES);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT};`);
  })();
}

function pragma(db: AccountsDatabase, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
