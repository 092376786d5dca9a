import type { Connection } from './database.js';

export interface Touched {
  seriesIds: number[];
  studyIds: number[];
  patientIds: number[];
}

/** Takes the rows and marks of every block above the given one away. What it touched and is still there is to be refreshed. */
export function prepareRollback(db: Connection): (block: number) => Touched {
  const touched = db.prepare(`
    SELECT r.id AS series, s.id AS study, s.patient_id AS patient FROM series r JOIN study s ON s.id = r.study_id
    WHERE r.id IN (
      SELECT series_id FROM instance INDEXED BY instance_announced_block WHERE announced_block > ?1
      UNION SELECT series_id FROM instance INDEXED BY instance_sealed_block WHERE sealed_block > ?1
      UNION SELECT series_id FROM instance INDEXED BY instance_removed_block WHERE removed_block > ?1)`);
  const firstGone = db.prepare(`
    SELECT min(id) AS id FROM instance INDEXED BY instance_announced_block WHERE announced_block > ?`);
  const drop = [
    ...['header', 'metadata', 'preview'].map((table) => `DELETE FROM ${table} WHERE instance_id >= ?`),
    'DELETE FROM series_class WHERE series_id IN (SELECT id FROM series WHERE since >= ?)',
    ...['series', 'study', 'patient', 'section', 'patient_name', 'attribute_level'].map(
      (table) => `DELETE FROM ${table} WHERE since >= ?`,
    ),
    'DELETE FROM instance WHERE id >= ?',
  ].map((sql) => db.prepare(sql));
  const unseal = db.prepare(
    'UPDATE instance SET sealed_block = NULL, sealed_at = NULL, sealed_body = NULL WHERE sealed_block > ?',
  );
  const restore = db.prepare(`
    UPDATE instance SET removed_block = NULL, removed_at = NULL, removed_as = NULL, retired_reason = NULL
    WHERE removed_block > ?`);
  const dropBlocks = db.prepare('DELETE FROM block WHERE number > ?');
  const remaining = (table: string) => {
    const statement = db.prepare(`SELECT id FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`);
    return (ids: (number | null)[]) => (statement.all(JSON.stringify(ids)) as { id: number }[]).map(({ id }) => id);
  };
  const [seriesOf, studiesOf, patientsOf] = [remaining('series'), remaining('study'), remaining('patient')];

  return (block) => {
    const rows = touched.all(block) as { series: number; study: number; patient: number | null }[];
    const first = (firstGone.get(block) as { id: number | null }).id;
    // Instances ascend along the chain, so all from the first on go.
    if (first !== null) for (const statement of drop) statement.run(first);
    unseal.run(block);
    restore.run(block);
    dropBlocks.run(block);
    return {
      seriesIds: seriesOf(rows.map(({ series }) => series)),
      studyIds: studiesOf(rows.map(({ study }) => study)),
      patientIds: patientsOf(rows.map(({ patient }) => patient)),
    };
  };
}
