import { chainPosition } from './chain-position.js';
import type { Connection } from './database.js';
import type { Touched } from './refresh.js';
import { hourOf, type RetirementHour } from './retirements.js';

/** What was there before, and may stand or be counted another way now. */
export interface Undone extends Touched {
  SOPInstanceUIDs: Set<string>;
  hours: RetirementHour[];
}

interface Row {
  uid: string | null;
  series_id: number | null;
  study_id: number | null;
  study: string | null;
  patient_id: number | null;
}

/** Prepares taking the rows and marks of every block above the given one away. */
export function prepareRollback(db: Connection): (block: bigint) => Undone {
  const undone = `
    SELECT id FROM instance WHERE id >= ?1
    UNION SELECT id FROM instance INDEXED BY instance_sealed_block WHERE sealed_block > ?2
    UNION SELECT id FROM instance INDEXED BY instance_removed_block WHERE removed_block > ?2
    UNION SELECT instance_id AS id FROM past_retirement WHERE id >= ?1`;
  const rows = db.prepare(`
    SELECT DISTINCT i.SOPInstanceUID AS uid, i.series_id, s.id AS study_id, s.StudyInstanceUID AS study, s.patient_id
    FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id WHERE i.id IN (${undone})`);
  const retirements = db.prepare(`
    SELECT site_id AS siteId, removed_at AS at FROM instance INDEXED BY instance_removed_block
    WHERE removed_block > ?2 AND is_counted_retirement = 1
    UNION SELECT i.site_id AS siteId, p.removed_at AS at
    FROM past_retirement p JOIN instance i ON i.id = p.instance_id
    WHERE p.id >= ?1 AND p.removed_block <= ?2 AND p.is_counted_retirement = 1`);
  const isAnyGone = db.prepare('SELECT 1 FROM instance WHERE id >= ? LIMIT 1');
  const drop = [
    ...['header', 'metadata', 'preview'].map((table) => `DELETE FROM ${table} WHERE instance_id >= ?`),
    'DELETE FROM series_class WHERE series_id IN (SELECT id FROM series WHERE since >= ?)',
    'DELETE FROM study_number WHERE since >= ?',
    ...['series', 'study', 'patient', 'section', 'shared', 'patient_name', 'patient_sound', 'attribute_level'].map(
      (table) => `DELETE FROM ${table} WHERE since >= ?`,
    ),
    'DELETE FROM past_retirement WHERE id >= ?1 AND instance_id >= ?1',
    'DELETE FROM instance WHERE id >= ?',
  ].map((sql) => db.prepare(sql));
  const unseal = db.prepare(
    'UPDATE instance SET sealed_block = NULL, sealed_at = NULL, sealed_pages = NULL WHERE sealed_block > ?',
  );
  const unremove = db.prepare(`
    UPDATE instance SET removed_block = NULL, removed_at = NULL, removed_as = NULL, retired_reason = NULL,
      retired_by = NULL, retired_ruling = NULL, is_counted_retirement = NULL
    WHERE removed_block > ?`);
  // Of an image's retirements at most one had begun by then and ended later: it lasts again.
  const dropBegunLater = db.prepare('DELETE FROM past_retirement WHERE id >= ? AND removed_block > ?');
  const lastAgain = db.prepare(`
    UPDATE instance SET removed_as = 'retired',
      (removed_block, removed_at, retired_reason, retired_by, retired_ruling, is_counted_retirement) =
      (SELECT p.removed_block, p.removed_at, p.retired_reason, p.retired_by, p.retired_ruling, p.is_counted_retirement
       FROM past_retirement p WHERE p.instance_id = instance.id AND p.id >= ?1)
    WHERE id IN (SELECT instance_id FROM past_retirement WHERE id >= ?1)`);
  const dropLasting = db.prepare('DELETE FROM past_retirement WHERE id >= ?');
  const dropBlocks = db.prepare('DELETE FROM block WHERE number > ?');

  return (block) => {
    const [number, first] = [Number(block), chainPosition(block + 1n, 0)];
    const found = rows.all(first, number) as Row[];
    const hours = new Map<string, RetirementHour>();
    for (const { siteId, at } of retirements.all(first, number) as { siteId: number; at: number }[])
      hours.set(`${siteId} ${hourOf(at)}`, { siteId, hour: hourOf(at) });
    if (isAnyGone.get(first) !== undefined) for (const statement of drop) statement.run(first);
    unseal.run(number);
    unremove.run(number);
    dropBegunLater.run(first, number);
    lastAgain.run(first);
    dropLasting.run(first);
    dropBlocks.run(number);
    const setOf = <T>(of: (row: Row) => T | null): Set<T> => new Set(found.flatMap((row) => of(row) ?? []));
    return {
      SOPInstanceUIDs: setOf(({ uid }) => uid),
      seriesIds: setOf((row) => row.series_id),
      studyIds: setOf((row) => row.study_id),
      StudyInstanceUIDs: setOf(({ study }) => study),
      patientIds: setOf((row) => row.patient_id),
      hours: [...hours.values()],
    };
  };
}
