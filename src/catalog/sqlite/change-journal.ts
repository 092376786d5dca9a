import type { Connection } from './database.js';

/** Kept beside the annotations, since no block has it: what was said stays said when the catalogue is made again. */
export const CHANGE_TABLE = `
  CREATE TABLE IF NOT EXISTS annotations.change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    action TEXT NOT NULL CHECK (action IN ('create', 'delete')),
    -- Milliseconds since 1970.
    at INTEGER NOT NULL,
    contract TEXT NOT NULL,
    -- The image ID, by its name of old.
    image_key TEXT NOT NULL,
    site_id INTEGER NOT NULL,
    StudyInstanceUID TEXT NOT NULL,
    SeriesInstanceUID TEXT NOT NULL,
    SOPInstanceUID TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS annotations.change_of ON change (image_key, contract, sequence);`;

const isThere = (row: string) => `(${row}.standing = 'listed' AND ${row}.sealed_block IS NOT NULL)`;
const touch = (row: string) => `
  INSERT OR IGNORE INTO touched_image (contract, image_id, at)
    VALUES (${row}.contract, ${row}.image_id, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))`;

/** Of this connection alone: what is lost with it is found again when the catalogue is opened. */
const WATCH = `
  CREATE TEMP TABLE touched_image (
    id INTEGER PRIMARY KEY, contract TEXT NOT NULL, image_id TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (image_id, contract));
  CREATE TEMP TRIGGER instance_moved AFTER UPDATE OF standing, sealed_block ON main.instance
    WHEN ${isThere('OLD')} IS NOT ${isThere('NEW')} BEGIN ${touch('NEW')}; END;
  CREATE TEMP TRIGGER instance_dropped AFTER DELETE ON main.instance
    WHEN ${isThere('OLD')} BEGIN ${touch('OLD')}; END;`;

/** The last that was said of an image of a row. */
const lastSaid = (row: string, column: string) =>
  `(SELECT ${column} FROM annotations.change c WHERE c.image_key = ${row}.image_id AND c.contract = ${row}.contract
    ORDER BY c.sequence DESC LIMIT 1)`;

/** In one second changes are written down once, unless somebody asks for them: each time is a synced write. */
const NOTE_EVERY_MS = 1_000;

interface Touched {
  id: number;
  contract: string;
  image_id: string;
  at: number;
  site_id: number | null;
  is_there: number;
  is_gone: number;
  StudyInstanceUID: string | null;
  SeriesInstanceUID: string | null;
  SOPInstanceUID: string | null;
  said: number | null;
}

/** Makes what the journal needs: where it is kept, and whom it asks which instances have moved. */
export function watchInstances(db: Connection): void {
  db.exec(CHANGE_TABLE);
  db.exec(WATCH);
}

/** Writes down what becomes of instances, each change once and in the order in which this site takes them in. */
export interface ChangeJournal {
  /** Writes down what has changed since the last time. */
  note(): void;
  /** The same, when the last time is a while ago. */
  noteIfDue(): void;
}

/**
 * Prepares the journal of changes, of instances that are watched, and writes down what changed while nobody watched. An instance is
 * created when it is listed and sealed, and deleted when it is retired, quarantined, or taken from the chain by a reorganisation; what stays so from one note to the next is no change.
 */
export function prepareChangeJournal(db: Connection): ChangeJournal {
  db.exec(`
    INSERT INTO touched_image (contract, image_id, at)
      SELECT contract, image_id, at FROM (
        SELECT i.contract, i.image_id, i.sealed_at * 1000 AS at, i.id FROM instance i
        WHERE ${isThere('i')} AND ${lastSaid('i', 'c.action')} IS NOT 'create'
        UNION ALL
        SELECT i.contract, i.image_id, i.removed_at * 1000 AS at, i.id FROM instance i
        WHERE i.standing = 'retired' AND ${lastSaid('i', 'c.action')} IS 'create') moved
      WHERE true ORDER BY at, id ON CONFLICT DO NOTHING`);
  const touched = db.prepare(`
    SELECT t.id, t.contract, t.image_id, t.at, i.site_id, s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID,
      coalesce(${isThere('i')}, false) AS is_there,
      i.id IS NULL OR i.standing = 'retired' OR (i.standing = 'hidden' AND i.reading IS NOT 'waiting') AS is_gone,
      ${lastSaid('t', 'c.sequence')} AS said
    FROM touched_image t
      LEFT JOIN instance i ON i.image_id = t.image_id AND i.contract = t.contract AND i.removed_as IS NOT 'withdrawn'
      LEFT JOIN series r ON r.id = i.series_id LEFT JOIN study s ON s.id = r.study_id
    ORDER BY t.id`);
  const forget = db.prepare('DELETE FROM touched_image WHERE id = ?');
  const last = db.prepare('SELECT at FROM annotations.change ORDER BY sequence DESC LIMIT 1');
  const actionOf = db.prepare('SELECT action FROM annotations.change WHERE sequence = ?');
  const create = db.prepare(`
    INSERT INTO annotations.change (action, at, contract, image_key, site_id, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID)
    VALUES ('create', ?, ?, ?, ?, ?, ?, ?)`);
  const remove = db.prepare(`
    INSERT INTO annotations.change (action, at, contract, image_key, site_id, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID)
    SELECT 'delete', ?, contract, image_key, site_id, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
    FROM annotations.change WHERE sequence = ?`);

  const writeDown = db.transaction((): void => {
    const rows = touched.all() as Touched[];
    let latest = rows.length === 0 ? 0 : ((last.get() as { at: number } | undefined)?.at ?? 0);
    for (const row of rows) {
      const isSaid = row.said !== null && (actionOf.get(row.said) as { action: string }).action === 'create';
      latest = Math.max(latest, row.at);
      const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = row;
      if (row.is_there === 1 && !isSaid)
        create.run(
          latest,
          row.contract,
          row.image_id,
          row.site_id,
          StudyInstanceUID,
          SeriesInstanceUID,
          SOPInstanceUID,
        );
      else if (row.is_gone === 1 && isSaid) remove.run(latest, row.said);
      // Its seal was taken back: it may come again, or go altogether.
      const isOpen = isSaid && row.is_there === 0 && row.is_gone === 0;
      if (!isOpen) forget.run(row.id);
    }
  });
  let notedAt = 0;
  const note = (): void => {
    notedAt = Date.now();
    writeDown();
  };
  note();
  return { note, noteIfDue: () => void (Date.now() - notedAt >= NOTE_EVERY_MS && note()) };
}
