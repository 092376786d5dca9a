import { closeSync, openSync, readFileSync } from 'node:fs';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { type Annotations, isLabel, type Label, type Labelling, type StudyOfSite } from '../annotations.js';
import { type Connection, guard } from './database.js';

const TABLES_FILE = new URL('./annotations.sql', import.meta.url);
/** "DLan" in the header of the file (SQLite file format §1.3.17). */
const APPLICATION_ID = 0x444c616e;
const FILE_FORMAT = 2;

/**
 * Attaches the file of annotations to the catalogue's connection, as schema `annotations`, so that a search joins them; makes it (0600)
 * when it is not there. Without a file they are in memory and last as long as the connection. Throws `misconfigured` for a file
 * that is damaged, of a newer release, or something else.
 */
export function attachAnnotations(
  db: Connection,
  { file, log, siteId }: { file: string | undefined; log: Log | undefined; siteId: number },
): Annotations {
  try {
    // What SQLite makes beside it (-wal, -shm) gets the mode of the file.
    if (file !== undefined) closeSync(openSync(file, 'a', 0o600));
    db.prepare('ATTACH ? AS annotations').run(file ?? ':memory:');
    db.pragma('annotations.journal_mode = WAL');
    // A label is on the disk before what it lets somebody see is acknowledged.
    db.pragma('annotations.synchronous = FULL');
    makeTables(db, { file: file ?? '', log, siteId });
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw unusable(file ?? '', `cannot be opened (${(error as Error).message})`, error);
  }
  return createAnnotations(db, file ?? '');
}

function makeTables(
  db: Connection,
  { file, log, siteId }: { file: string; log: Log | undefined; siteId: number },
): void {
  const format = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  const { count } = db.prepare('SELECT count(*) AS count FROM annotations.sqlite_schema').get() as { count: number };
  const isNew = application === 0 && format === 0 && count === 0;
  if (application !== APPLICATION_ID && !isNew) throw unusable(file, 'is not a file of annotations of dicom-ledger');
  if (format > FILE_FORMAT) throw unusable(file, `has format ${format}, but this release knows ${FILE_FORMAT}`);
  if (format === FILE_FORMAT) return;
  db.transaction(() => {
    if (!isNew) db.exec(SET_FIRST_FORMAT_ASIDE);
    db.exec(readFileSync(TABLES_FILE, 'utf8'));
    if (!isNew) db.exec(takeFirstFormatIn(siteId));
    db.exec(`PRAGMA annotations.application_id = ${APPLICATION_ID}; PRAGMA annotations.user_version = ${FILE_FORMAT};`);
  })();
  if (!isNew)
    log?.warn(
      { file, siteId },
      'Labels are of one site’s studies from now on; those that are there are of this site’s own.',
    );
}

/** Format 1 had labels by StudyInstanceUID alone. */
const SET_FIRST_FORMAT_ASIDE = `
  ALTER TABLE annotations.label RENAME TO label_1;
  ALTER TABLE annotations.removed_label RENAME TO removed_label_1;
  DROP INDEX annotations.label_studies;`;
const takeFirstFormatIn = (siteId: number) => `
  INSERT INTO annotations.label (site_id, StudyInstanceUID, label, set_by, set_at)
    SELECT ${siteId}, StudyInstanceUID, label, set_by, set_at FROM annotations.label_1;
  INSERT INTO annotations.removed_label (site_id, StudyInstanceUID, label)
    SELECT ${siteId}, StudyInstanceUID, label FROM annotations.removed_label_1;
  DROP TABLE annotations.label_1;
  DROP TABLE annotations.removed_label_1;`;

export function createAnnotations(db: Connection, file: string): Annotations {
  const ofStudy = 'site_id = ? AND StudyInstanceUID = ?';
  const labels = db.prepare(
    `SELECT label, set_by AS setBy, set_at AS setAt FROM annotations.label WHERE ${ofStudy} ORDER BY label`,
  );
  const has = db.prepare(`SELECT 1 FROM annotations.label WHERE ${ofStudy} AND label = ?`);
  const wasRemoved = db.prepare(`SELECT 1 FROM annotations.removed_label WHERE ${ofStudy} AND label = ?`);
  const add = db.prepare(
    'INSERT INTO annotations.label (site_id, StudyInstanceUID, label, set_by, set_at) VALUES (?, ?, ?, ?, ?)',
  );
  const allow = db.prepare(`DELETE FROM annotations.removed_label WHERE ${ofStudy} AND label = ?`);
  const remove = db.prepare(`DELETE FROM annotations.label WHERE ${ofStudy} AND label = ?`);
  const remember = db.prepare(
    'INSERT INTO annotations.removed_label (site_id, StudyInstanceUID, label) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const isThere = (statement: typeof has, { siteId, StudyInstanceUID }: StudyOfSite, label: string) =>
    statement.get(siteId, StudyInstanceUID, label) !== undefined;

  const addAll = db.transaction(({ siteId, StudyInstanceUID, setBy }: Labelling, missing: readonly string[]): void => {
    for (const label of missing) {
      add.run(siteId, StudyInstanceUID, label, setBy, Date.now());
      allow.run(siteId, StudyInstanceUID, label);
    }
  });
  const take = db.transaction(({ siteId, StudyInstanceUID }: StudyOfSite, label: string): boolean => {
    if (remove.run(siteId, StudyInstanceUID, label).changes === 0) return false;
    remember.run(siteId, StudyInstanceUID, label);
    return true;
  });

  return {
    labels: async ({ siteId, StudyInstanceUID }) =>
      guard(file, () => labels.all(siteId, StudyInstanceUID) as Label[]).map(({ label, setBy, setAt }) => ({
        label,
        setBy,
        setAt,
      })),
    addLabels: async (labelling, { unlessRemoved = false } = {}) => {
      for (const label of labelling.labels) requireLabel(label);
      // Most instances come into a study that has its labels: then nothing is written.
      guard(file, () => {
        const missing = [...new Set(labelling.labels)].filter(
          (label) => !isThere(has, labelling, label) && !(unlessRemoved && isThere(wasRemoved, labelling, label)),
        );
        if (missing.length > 0) addAll(labelling, missing);
      });
    },
    removeLabel: async (study, label) => guard(file, () => take(study, label)),
  };
}

function requireLabel(label: string): void {
  if (isLabel(label)) return;
  throw new LedgerError(
    'bad-request',
    `"${label.slice(0, 80)}" is no label: use 1 to 64 letters, digits, dots, dashes or underscores.`,
  );
}

function pragma(db: Connection, name: string): number {
  return (db.prepare(`PRAGMA annotations.${name}`).get() as Record<string, number>)[name] ?? 0;
}

function unusable(file: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'misconfigured',
    `The file of annotations ${file} ${why}; put it back from a backup: what it says is nowhere else.`,
    { cause, details: { file } },
  );
}
