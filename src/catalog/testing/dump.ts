import { types } from 'node:util';
import Database from 'libsql';

/** Ids that may differ between catalogues of one chain: by column, what names the row that they refer to. */
const NAMES: Record<string, string> = {
  section_id: 'SELECT digest FROM section WHERE id = ?',
  shared_id: 'SELECT digest FROM shared WHERE id = ?',
  patient_id: "SELECT site_id || ' ' || identity FROM patient WHERE id = ?",
  study_id: "SELECT site_id || ' ' || StudyInstanceUID FROM study WHERE id = ?",
  series_id: `SELECT s.site_id || ' ' || s.StudyInstanceUID || ' ' || r.SeriesInstanceUID
    FROM series r JOIN study s ON s.id = r.study_id WHERE r.id = ?`,
};
const REFERENCES: Record<string, string> = {
  study_section_id: 'section_id',
  series_section_id: 'section_id',
  common_id: 'shared_id',
  private_id: 'shared_id',
  shown_in: 'study_id',
};
/** Tables whose own ids are such. */
const NAMELESS = ['section', 'shared', 'patient', 'study', 'series'];
/** No part of the projection: what is under way, and what the journal of changes has not noted yet. */
const LEFT_OUT = ['begun', 'unlocking', 'projection_version', 'touched_image'];

/** A catalogue's projection as it lies in its database. */
export interface DumpSource {
  tables: readonly string[];
  /** The rows of a statement; `?` stands for the value. */
  rows(sql: string, value?: unknown): Row[] | Promise<Row[]>;
  close(): unknown;
}
type Row = Record<string, unknown>;

/** Of a catalogue in a file. */
export function dumpSourceOfFile(file: string): DumpSource {
  const db = new Database(file);
  const rows = (sql: string, ...values: unknown[]): Row[] => db.prepare(sql).all(...values) as Row[];
  const tables = rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map(({ name }) => name);
  return { tables: tables as string[], rows, close: () => db.close() };
}

/** Every row of every table of a catalogue's projection, with names in place of ids that mean nothing, in a fixed order. */
export async function dump(source: DumpSource): Promise<Record<string, string[]>> {
  const dumped: Record<string, string[]> = {};
  for (const table of source.tables) if (!LEFT_OUT.includes(table)) dumped[table] = await rowsOf(source, table);
  await source.close();
  return dumped;
}

async function rowsOf(source: DumpSource, table: string): Promise<string[]> {
  const names = new Map<string, unknown>();
  const nameOf = async (column: string, id: number): Promise<unknown> => {
    const known = names.get(`${column} ${id}`);
    if (known !== undefined) return known;
    const [found] = await source.rows(NAMES[column] ?? '', id);
    const [name] = found === undefined ? ['nothing'] : Object.values(found);
    names.set(`${column} ${id}`, name);
    return name;
  };
  const texts: string[] = [];
  for (const row of await source.rows(`SELECT * FROM ${table}`)) {
    const named: [string, unknown][] = [];
    for (const [column, value] of Object.entries(row)) {
      if (column === '_metadata' || (column === 'id' && NAMELESS.includes(table))) continue;
      const reference = REFERENCES[column] ?? column;
      const isReference = NAMES[reference] !== undefined && typeof value === 'number';
      named.push([column, isReference ? await nameOf(reference, value) : text(value)]);
    }
    texts.push(JSON.stringify(Object.fromEntries(named)));
  }
  return texts.sort();
}

/** Bytes are of another realm than a test that Jest runs; what else is an object was JSON. */
const text = (value: unknown): unknown =>
  ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) ? Buffer.from(value as Uint8Array).toString('hex') : value;
