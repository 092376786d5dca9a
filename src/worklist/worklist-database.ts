import { closeSync, openSync, readFileSync } from 'node:fs';
import Database from 'libsql';
import { LedgerError } from '../base/errors.js';

export type WorklistDatabase = Database.Database;

const TABLES_FILE = new URL('./tables.sql', import.meta.url);
/** "DLwl" in the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x444c776c;
const FORMAT = 1;

/**
 * Opens the file of workitems and subscriptions or makes it, readable for its owner alone; `:memory:` is one of no file. What is
 * acknowledged survives a power cut. Throws `misconfigured` for a file that cannot be opened, is another program's or of a later release.
 */
export function openWorklistDatabase(file: string): WorklistDatabase {
  try {
    // SQLite gives the files beside it the same mode.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    const db = new Database(file);
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      makeTables(db, file);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw unusable(file, `cannot be opened (${(error as Error).message})`, error);
  }
}

function makeTables(db: WorklistDatabase, file: string): void {
  const [application, format] = [pragma(db, 'application_id'), pragma(db, 'user_version')];
  if (application === APPLICATION_ID && format === FORMAT) return;
  if (application === APPLICATION_ID) throw unusable(file, `has format ${format}, but this release knows ${FORMAT}`);
  if (db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined)
    throw unusable(file, 'is not a file of dicom-ledger');
  db.transaction(() => {
    db.exec(readFileSync(TABLES_FILE, 'utf8'));
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT};`);
  })();
}

function pragma(db: WorklistDatabase, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}

function unusable(file: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'misconfigured',
    `The file ${file} ${why}. It has the workitems and subscriptions: bring it back from a backup, or move it away and begin anew.`,
    { cause, details: { file } },
  );
}
