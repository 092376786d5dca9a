import { readFileSync } from 'node:fs';
import Database from 'libsql';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { projectionVersion } from './projection-version.js';
import type { SiteRules } from './site-rules.js';

export type Connection = Database.Database;

const TABLES_FILE = new URL('./tables.sql', import.meta.url);
/** "DLcg" in the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x444c6367;

/** Raised only when a release must not empty what a later one has made. */
const FILE_FORMAT = 5;

interface OpenDatabase {
  file: string;
  log: Log | undefined;
  rules: SiteRules;
}

/**
 * Opens the SQLite file or makes it, with the tables of this release. A catalogue whose rows were made by other tables, code or
 * settings than these is emptied, in one transaction. Throws `misconfigured` when the file is damaged, from a newer release, or not a
 * catalogue.
 */
export function openDatabase({ file, log, rules }: OpenDatabase): Connection {
  return guard(file, () => {
    const db = new Database(file);
    try {
      // Headers and rows of instances have some 2 KB: more of them are in a page. Of a new file only.
      db.pragma('page_size = 8192');
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
      db.pragma('foreign_keys = OFF');
      db.pragma('cache_size = -32768');
      makeTables(db, { file, log, rules });
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

function makeTables(db: Connection, { file, log, rules }: OpenDatabase): void {
  const format = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  const names = tableNames(db);
  const isNew = application === 0 && format === 0 && names.length === 0;
  if (application !== APPLICATION_ID && !isNew) throw unusable(file, 'is not a catalogue of dicom-ledger');
  if (format > FILE_FORMAT) throw unusable(file, `has format ${format}, but this release knows ${FILE_FORMAT}`);
  const tables = readFileSync(TABLES_FILE, 'utf8');
  const version = projectionVersion(tables, rules);
  if (!isNew && versionOf(db, names) === version) return;
  if (!isNew) {
    const sentence =
      'The catalogue was made by another release or with other settings; it is emptied and rebuilt from the chain.';
    log?.warn({ file }, sentence);
  }
  db.transaction(() => {
    for (const name of names) db.exec(`DROP TABLE "${name}"`);
    db.exec(tables);
    db.prepare('INSERT INTO projection_version (id, version) VALUES (1, ?)').run(version);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FILE_FORMAT};`);
  })();
}

function tableNames(db: Connection): string[] {
  const rows = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  return rows.map(({ name }) => name);
}

/** Undefined for a catalogue of a release that kept none. */
function versionOf(db: Connection, names: readonly string[]): string | undefined {
  if (!names.includes('projection_version')) return undefined;
  return (db.prepare('SELECT version FROM projection_version').get() as { version: string } | undefined)?.version;
}

function pragma(db: Connection, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}

function unusable(file: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'misconfigured',
    `The catalogue ${file} ${why}; stop the server and run "dicom-ledger rebuild" to make it anew from the chain.`,
    { cause, details: { file } },
  );
}

/** Runs `work` and turns what SQLite throws into a LedgerError. */
export function guard<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code, message } = error as { code?: unknown; message: string };
    const text = typeof code === 'string' ? code : '';
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(text)) throw unusable(file, `is damaged (${message})`, error);
    if (text.startsWith('SQLITE_CANTOPEN') || message.includes('Unable to open'))
      throw new LedgerError(
        'misconfigured',
        `The catalogue ${file} cannot be opened; check that the folder is there and that this user may write to it.`,
        { cause: error, details: { file } },
      );
    if (text.startsWith('SQLITE_FULL'))
      throw new LedgerError('out-of-space', `The disk of the catalogue ${file} is full; make room on it.`, {
        cause: error,
        retryable: true,
      });
    if (/^SQLITE_(BUSY|LOCKED)/.test(text))
      throw new LedgerError(
        'locked',
        `The catalogue ${file} is in use by another process; stop that one, or use another DATA_DIR.`,
        { cause: error, retryable: true },
      );
    throw new LedgerError('internal', `The catalogue ${file} failed (${message}).`, { cause: error });
  }
}
