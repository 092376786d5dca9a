import type { DicomJson } from '../../standard/dicom-json.js';
import { addsTo, namesOtherPatient } from '../matching/merge-attributes.js';
import type { Connection } from './database.js';

interface Row {
  instance_count: number;
  described_until: number | null;
  names_other_patient: number;
  known: string | null;
  own: string;
}

/**
 * Prepares counting an instance on that says something else of its series or study than is known of it. Gives whether that was enough:
 * not when it says more, comes before one that says something, or is the first that names another patient.
 */
export function prepareCountApart(db: Connection) {
  const statements = (table: 'series' | 'study') => ({
    row: db.prepare(`
      SELECT t.instance_count, t.described_until, ${table === 'study' ? 't.names_other_patient' : '1 AS names_other_patient'},
        (SELECT attributes FROM section WHERE id = t.section_id) AS known,
        (SELECT attributes FROM section WHERE id = ?) AS own
      FROM ${table} t WHERE t.id = ?`),
    count: db.prepare(`UPDATE ${table} SET instance_count = instance_count + 1, is_mixed = 1 WHERE id = ?`),
  });
  const of = { series: statements('series'), study: statements('study') };
  return (table: 'series' | 'study', { id, at, sectionId }: { id: number; at: number; sectionId: number }): boolean => {
    const row = of[table].row.get(sectionId, id) as Row;
    if (row.instance_count === 0 || row.described_until === null || row.described_until > at) return false;
    const [known, own] = [row.known ?? '{}', row.own].map((text) => JSON.parse(text) as DicomJson) as [
      DicomJson,
      DicomJson,
    ];
    if (addsTo(known, own) || (row.names_other_patient === 0 && namesOtherPatient(known, own))) return false;
    of[table].count.run(id);
    return true;
  };
}
