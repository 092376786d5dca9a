import type { DicomJson } from '../../standard/dicom-json.js';
import { inflateRawSync } from 'node:zlib';
import type { CatalogInstance, InstanceBodies, ResourceIds } from '../catalog.js';
import type { Connection } from './database.js';
import { LEVEL_SOURCES } from './level-sources.js';

interface InstanceRow {
  image_key: string;
  patient_key: string;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  SOPClassUID: string;
  site_id: number;
  transfer_syntax_uid: string;
  media_type: string;
  byte_count: number;
  sha256: string;
  file_name: string | null;
  announced_block: number;
  announced_at: number;
  sealed_block: number | null;
  sealed_at: number | null;
  removed_block: number | null;
  removed_at: number | null;
  retired_reason: string | null;
  attributes: string;
}

export const PRESENT = `removed_as IS NOT 'withdrawn'`;
const JOINS = 'instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id';
/** From a study down; CROSS JOIN keeps SQLite to this order. */
const BELOW = 'study s CROSS JOIN series r ON r.study_id = s.id CROSS JOIN instance i ON i.series_id = r.id';
const WHOLE = `
  SELECT i.image_key, p.patient_key, s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID, i.SOPClassUID,
    i.site_id, i.transfer_syntax_uid, i.media_type, i.byte_count, i.sha256, i.file_name, i.announced_block,
    i.announced_at, i.sealed_block, i.sealed_at, i.removed_block, i.removed_at, i.retired_reason,
    i.attributes
  FROM ${JOINS} JOIN patient p ON p.id = i.patient_id`;
/** Rows read at a time by the generators, so that no statement is open while others write. */
const BATCH = 1000;

/** Prepares the reading of instances by their identifiers. */
export function prepareInstances(db: Connection) {
  const byId = db.prepare(`${WHOLE} WHERE i.id = ?`);
  const byUid = db.prepare(`${WHOLE} WHERE i.SOPInstanceUID = ? AND i.${PRESENT}`);
  const metadataOf = db.prepare('SELECT deflated FROM metadata WHERE instance_id = ?');
  const bodiesOf = db.prepare(`
    SELECT h.bytes AS header, coalesce(i.sealed_body, i.announced_body) AS body
    FROM instance i JOIN header h ON h.instance_id = i.id WHERE i.image_key = ? AND i.${PRESENT}`);
  const previewOf = db.prepare(`
    SELECT v.bytes FROM instance i JOIN preview v ON v.instance_id = i.id WHERE i.image_key = ? AND i.${PRESENT}`);
  const ofPatient = `
    SELECT i.id FROM instance i WHERE i.PatientID = ? AND i.media_type <> 'application/dicom' AND i.${PRESENT}`;
  const files = db.prepare(`${ofPatient} ORDER BY i.id DESC`);
  const filesOfName = db.prepare(`${ofPatient} AND coalesce(i.file_name, i.SOPInstanceUID) = ? ORDER BY i.id DESC`);
  const sealed = db.prepare(`
    SELECT id, SOPInstanceUID FROM instance WHERE id > ? AND sealed_block IS NOT NULL AND removed_block IS NULL
    ORDER BY id LIMIT ${BATCH}`);

  /** By their text: three levels of each of three conditions. */
  const statements = new Map<string, ReturnType<Connection['prepare']>>();
  const prepared = (sql: string) => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  const idsOf = (ids: ResourceIds, condition: string): number[] => {
    const { sql, values } = scope(ids);
    const rows = prepared(
      `SELECT i.id FROM ${BELOW} WHERE ${condition} AND ${sql}
       ORDER BY ${LEVEL_SOURCES.series.order}, ${LEVEL_SOURCES.instance.order}`,
    ).all(...values);
    return (rows as { id: number }[]).map(({ id }) => id);
  };
  const has = (ids: ResourceIds, condition: string): boolean => {
    const { sql, values } = scope(ids);
    return prepared(`SELECT 1 FROM ${BELOW} WHERE ${condition} AND ${sql} LIMIT 1`).get(...values) !== undefined;
  };
  const one = (row: unknown) => (row === undefined ? undefined : toInstance(row as InstanceRow));
  const each = (ids: number[]) => ids.map((id) => toInstance(byId.get(id) as InstanceRow));

  return {
    instance: (SOPInstanceUID: string) => one(byUid.get(SOPInstanceUID)),
    instances: (ids: ResourceIds) => each(idsOf(ids, LEVEL_SOURCES.instance.visible)),
    isGone: (ids: ResourceIds) => has(ids, `i.removed_as = 'retired'`) && !has(ids, LEVEL_SOURCES.instance.visible),
    metadata: function* (ids: ResourceIds): Generator<string> {
      for (const id of idsOf(ids, LEVEL_SOURCES.instance.visible)) {
        const row = metadataOf.get(id) as { deflated: Buffer } | undefined;
        // Undefined when a rollback took it away meanwhile.
        if (row) yield inflateRawSync(row.deflated).toString();
      }
    },
    bodies: (imageKey: string): InstanceBodies | undefined => {
      const row = bodiesOf.get(imageKey) as InstanceBodies | undefined;
      return row && { header: row.header, body: row.body };
    },
    preview: (imageKey: string) => (previewOf.get(imageKey) as { bytes: Buffer } | undefined)?.bytes,
    images: function* (PatientID: string, fileName?: string): Generator<CatalogInstance> {
      const found = fileName === undefined ? files.all(PatientID) : filesOfName.all(PatientID, fileName);
      for (const { id } of found as { id: number }[]) {
        const row = byId.get(id) as InstanceRow | undefined;
        // Undefined when a rollback took it away meanwhile.
        if (row) yield toInstance(row);
      }
    },
    sealedSOPInstanceUIDs: function* (): Generator<string> {
      for (let after = 0; ;) {
        const rows = sealed.all(after) as { id: number; SOPInstanceUID: string }[];
        for (const row of rows) yield row.SOPInstanceUID;
        const last = rows.at(-1);
        if (!last || rows.length < BATCH) return;
        after = last.id;
      }
    },
  };
}

function scope({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: ResourceIds) {
  const conditions = ['s.StudyInstanceUID = ?'];
  const values = [StudyInstanceUID];
  if (SeriesInstanceUID !== undefined) {
    conditions.push('r.SeriesInstanceUID = ?');
    values.push(SeriesInstanceUID);
  }
  if (SOPInstanceUID !== undefined) {
    conditions.push('i.SOPInstanceUID = ?');
    values.push(SOPInstanceUID);
  }
  return { sql: conditions.join(' AND '), values };
}

function toInstance(row: InstanceRow): CatalogInstance {
  const isRetired = row.removed_block !== null;
  let attributes: DicomJson | undefined;
  return {
    imageKey: row.image_key,
    patientKey: row.patient_key,
    siteId: row.site_id,
    StudyInstanceUID: row.StudyInstanceUID,
    SeriesInstanceUID: row.SeriesInstanceUID,
    SOPInstanceUID: row.SOPInstanceUID,
    SOPClassUID: row.SOPClassUID,
    transferSyntaxUID: row.transfer_syntax_uid,
    mediaType: row.media_type,
    byteCount: row.byte_count,
    sha256: row.sha256,
    fileName: row.file_name ?? undefined,
    // Thousands of instances are looked at for few whose attributes are asked for, and those several times.
    get instance() {
      return (attributes ??= JSON.parse(row.attributes) as DicomJson);
    },
    state: isRetired ? 'retired' : row.sealed_block === null ? 'announced' : 'sealed',
    announcedAt: row.announced_at,
    sealedAt: row.sealed_at ?? undefined,
    retiredAt: row.removed_at ?? undefined,
    announcedBlock: BigInt(row.announced_block),
    sealedBlock: row.sealed_block === null ? undefined : BigInt(row.sealed_block),
    retiredReason: row.retired_reason ?? undefined,
  };
}
