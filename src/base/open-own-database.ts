import { closeSync, openSync, readFileSync } from 'node:fs';
import Database from 'libsql';
import { LedgerError } from './errors.js';

/** What a file of this server is, by which it is told from others. */
export interface OwnDatabase {
  /** In the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
  applicationId: number;
  /** Of the tables, from 1. */
  format: number;
  /** A file of SQL that makes them. */
  tablesFile: URL;
  /** SQL that makes a file of the format of today of one of an earlier format, by that one. */
  upgrades?: Partial<Record<number, string>>;
  /** What it has and what to do without it, for whoever reads that it cannot be used: a sentence. */
  remedy: string;
}

/**
 * Opens a database of this server or makes it, readable for its owner alone; `:memory:` is one of no file. What is acknowledged survives a
 * power cut. Throws `misconfigured` for a file that cannot be opened, is damaged, is another program's or of a later release.
 */
export function openOwnDatabase(file: string, own: OwnDatabase): Database.Database {
  try {
    // SQLite gives the files beside it the same mode.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    const db = new Database(file);
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      makeTables(db, file, own);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw unusable(file, own, `cannot be opened (${(error as Error).message})`, error);
  }
}

function makeTables(db: Database.Database, file: string, own: OwnDatabase): void {
  const { applicationId, format, tablesFile, upgrades = {} } = own;
  const [application, found] = [pragma(db, 'application_id'), pragma(db, 'user_version')];
  if (application === applicationId && found === format) return;
  const upgrade = application === applicationId ? upgrades[found] : undefined;
  if (upgrade !== undefined) {
    db.transaction(() => db.exec(`${upgrade}; PRAGMA user_version = ${format};`))();
    return;
  }
  if (application === applicationId) throw unusable(file, own, `has format ${found}, but this release knows ${format}`);
  if (db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined)
    throw unusable(file, own, 'is not a file of dicom-ledger');
  db.transaction(() => {
    db.exec(readFileSync(tablesFile, 'utf8'));
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format};`);
  })();
}

function pragma(db: Database.Database, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}

function unusable(file: string, { remedy }: OwnDatabase, why: string, cause?: unknown): LedgerError {
  return new LedgerError('misconfigured', `The file ${file} ${why}. ${remedy}`, { cause, details: { file } });
}
