import { readdirSync, readFileSync } from 'node:fs';
import Database from 'libsql';

const TABLES_FOLDER = new URL('./earlier-tables/', import.meta.url);
/** Columns that had another name: by the name of old those of today, in whichever table they are. */
const RENAMED: Partial<Record<string, string[]>> = {
  image_key: ['image_id'],
  patient_key: ['patient_key', 'identity'],
};

/** Makes a closed catalogue what release 0.1.0 would have left: its tables with the same rows, and no projection version. */
export function asEarlierRelease(file: string): void {
  const db = new Database(file);
  const namesOf = (sql: string) => (db.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
  db.pragma('foreign_keys = OFF');
  for (const name of namesOf("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    db.exec(`CREATE TEMP TABLE kept_${name} AS SELECT * FROM main.${name}; DROP TABLE main.${name};`);
  }
  const migrations = readdirSync(TABLES_FOLDER).sort();
  for (const migration of migrations) db.exec(readFileSync(new URL(migration, TABLES_FOLDER), 'utf8'));
  for (const name of namesOf("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    const columns = namesOf(`PRAGMA table_info(${name})`);
    const blobs = namesOf(`SELECT name FROM pragma_table_info('${name}') WHERE type = 'BLOB'`);
    const kept = namesOf(`PRAGMA temp.table_info(kept_${name})`);
    // What this release keeps no more is made up: nobody reads it.
    const values = columns.map((column) => {
      const now = (RENAMED[column] ?? [column]).find((each) => kept.includes(each));
      return now ?? (blobs.includes(column) ? "x''" : '0');
    });
    db.exec(`INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM kept_${name}`);
  }
  db.exec(`PRAGMA user_version = ${migrations.length}`);
  db.close();
}
