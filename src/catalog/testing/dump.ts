import Database from 'libsql';

/** Ids that may differ between catalogues of one chain: by column, what names the row that they refer to. */
const NAMES: Record<string, string> = {
  section_id: 'SELECT digest FROM section WHERE id = ?',
  shared_id: 'SELECT digest FROM shared WHERE id = ?',
  patient_id: "SELECT site_id || ' ' || patient_key FROM patient WHERE id = ?",
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
/** No part of the projection. */
const LEFT_OUT = ['begun', 'projection_version'];

/** Every row of every table of a catalogue's projection, with names in place of ids that mean nothing, in a fixed order. */
export function dump(file: string): Record<string, string[]> {
  const db = new Database(file);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as {
    name: string;
  }[];
  const rows = tables
    .filter(({ name }) => !LEFT_OUT.includes(name))
    .map(({ name }) => [name, rowsOf(db, name)] as const);
  db.close();
  return Object.fromEntries(rows);
}

function rowsOf(db: Database.Database, table: string): string[] {
  const names = new Map<string, unknown>();
  const nameOf = (column: string, id: number): unknown => {
    const known = names.get(`${column} ${id}`);
    if (known !== undefined) return known;
    const [name] = (db
      .prepare(NAMES[column] ?? '')
      .raw()
      .get(id) as unknown[] | undefined) ?? ['nothing'];
    names.set(`${column} ${id}`, name);
    return name;
  };
  const rows = db.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[];
  return rows
    .map((row) => {
      const columns = Object.entries(row).filter(([column]) => column !== '_metadata');
      const named = columns.flatMap(([column, value]) => {
        if (column === 'id' && NAMELESS.includes(table)) return [];
        const reference = REFERENCES[column] ?? column;
        const isReference = NAMES[reference] !== undefined && typeof value === 'number';
        return [[column, isReference ? nameOf(reference, value) : text(value)]];
      });
      return JSON.stringify(Object.fromEntries(named));
    })
    .sort();
}

/** Bytes are of another realm than a test that Jest runs. */
const text = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Buffer.from(value as Uint8Array).toString('hex') : value;
