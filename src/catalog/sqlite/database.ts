import { readdirSync, readFileSync } from 'node:fs';
import Database from 'libsql';
import { LedgerError } from '../../base/errors.js';

export type Connection = Database.Database;

const MIGRATIONS_FOLDER = new URL('./migrations/', import.meta.url);
/** "DLcg" in the header of the file (SQLite file format §1.3.17), so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x444c6367;

/**
 * Opens or makes the SQLite file and brings its tables up to date. Throws `misconfigured` when it is damaged, from a
 * newer release, or not a catalogue.
 */
export function openDatabase({ file }: { file: string }): Connection {
  return guard(file, () => {
    const db = new Database(file);
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
      db.pragma('foreign_keys = OFF');
      db.pragma('cache_size = -32768');
      migrate(db, file);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

function migrate(db: Connection, file: string): void {
  const names = readdirSync(MIGRATIONS_FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const applied = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as { count: number };
  if (application !== APPLICATION_ID && (application !== 0 || applied !== 0 || tables.count !== 0))
    throw unusable(file, 'is not a catalogue of dicom-ledger');
  if (applied > names.length) throw unusable(file, `has version ${applied}, but this release knows ${names.length}`);
  for (const [index, name] of names.entries()) {
    if (index < applied) continue;
    const statements = readFileSync(new URL(name, MIGRATIONS_FOLDER), 'utf8');
    db.transaction(() => {
      db.exec(statements);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1};`);
    })();
  }
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
