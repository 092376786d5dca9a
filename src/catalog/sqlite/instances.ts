import type { DicomJson } from '../../standard/dicom-json.js';
import { inflateRawSync } from 'node:zlib';
import type { CatalogInstance, InstanceBodies, ResourceIds } from '../catalog.js';
import { ALWAYS, and, type Condition } from './condition.js';
import { LEVEL_SOURCES } from './level-sources.js';
import type { Sight } from './sight.js';
import type { Statements } from './statements.js';

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
/** From an instance `i` up to its study. */
const ABOVE = 'series r0 JOIN study s ON s.id = r0.study_id WHERE r0.id = i.series_id';
const WHOLE = `
  SELECT i.image_key, p.patient_key, s.StudyInstanceUID, r.SeriesInstanceUID, i.SOPInstanceUID, i.SOPClassUID,
    i.site_id, i.transfer_syntax_uid, i.media_type, i.byte_count, i.sha256, i.file_name, i.announced_block,
    i.announced_at, i.sealed_block, i.sealed_at, i.removed_block, i.removed_at, i.retired_reason,
    i.attributes
  FROM ${JOINS} JOIN patient p ON p.id = i.patient_id`;
/** Rows read at a time by the generators, so that no statement is open while others write. */
const BATCH = 1000;

/** The reading of instances by their identifiers, of studies that are seen. */
export function createInstances({ prepared }: Statements, { study: seen }: Sight) {
  /** True for an instance `i` of a study that is seen; nothing at all when all are. */
  const isSeen = seen === ALWAYS ? '' : ` AND EXISTS (SELECT 1 FROM ${ABOVE} AND ${seen.sql})`;
  const byId = `${WHOLE} WHERE i.id = ?`;
  const byUid = `${WHOLE} WHERE i.SOPInstanceUID = ? AND i.${PRESENT}${isSeen}`;
  const metadataOf = 'SELECT deflated FROM metadata WHERE instance_id = ?';
  const bodiesOf = `
    SELECT h.bytes AS header, coalesce(i.sealed_body, i.announced_body) AS body
    FROM instance i JOIN header h ON h.instance_id = i.id WHERE i.image_key = ? AND i.${PRESENT}${isSeen}`;
  const previewOf = `
    SELECT v.bytes FROM instance i JOIN preview v ON v.instance_id = i.id
    WHERE i.image_key = ? AND i.${PRESENT}${isSeen}`;
  const ofPatient = `
    SELECT i.id FROM instance i WHERE i.PatientID = ? AND i.media_type <> 'application/dicom' AND i.${PRESENT}`;
  const files = `${ofPatient}${isSeen} ORDER BY i.id DESC`;
  const filesOfName = `${ofPatient} AND coalesce(i.file_name, i.SOPInstanceUID) = ?${isSeen} ORDER BY i.id DESC`;
  // Those that are not seen are read and left out, so that no batch reads the whole table.
  const sealed = `
    SELECT i.id, i.SOPInstanceUID, (1${isSeen}) AS is_seen FROM instance i
    WHERE i.id > ? AND i.sealed_block IS NOT NULL AND i.removed_block IS NULL ORDER BY i.id LIMIT ${BATCH}`;

  const idsOf = (ids: ResourceIds, condition: string): number[] => {
    const { sql, values } = and([scope(ids), seen]);
    const rows = prepared(
      `SELECT i.id FROM ${BELOW} WHERE ${condition} AND ${sql}
       ORDER BY ${LEVEL_SOURCES.series.order}, ${LEVEL_SOURCES.instance.order}`,
    ).all(...values);
    return (rows as { id: number }[]).map(({ id }) => id);
  };
  const has = (ids: ResourceIds, condition: string): boolean => {
    const { sql, values } = and([scope(ids), seen]);
    return prepared(`SELECT 1 FROM ${BELOW} WHERE ${condition} AND ${sql} LIMIT 1`).get(...values) !== undefined;
  };
  const whole = (id: number) => prepared(byId).get(id) as InstanceRow | undefined;

  return {
    instance: (SOPInstanceUID: string): CatalogInstance | undefined => {
      const row = prepared(byUid).get(SOPInstanceUID, ...seen.values);
      return row === undefined ? undefined : toInstance(row as InstanceRow);
    },
    instances: (ids: ResourceIds): CatalogInstance[] =>
      idsOf(ids, LEVEL_SOURCES.instance.visible).map((id) => toInstance(whole(id) as InstanceRow)),
    hasStudy: (StudyInstanceUID: string): boolean => has({ StudyInstanceUID }, `i.${PRESENT}`),
    isGone: (ids: ResourceIds): boolean =>
      has(ids, `i.removed_as = 'retired'`) && !has(ids, LEVEL_SOURCES.instance.visible),
    metadata: function* (ids: ResourceIds): Generator<string> {
      for (const id of idsOf(ids, LEVEL_SOURCES.instance.visible)) {
        const row = prepared(metadataOf).get(id) as { deflated: Buffer } | undefined;
        // Undefined when a rollback took it away meanwhile.
        if (row) yield inflateRawSync(row.deflated).toString();
      }
    },
    bodies: (imageKey: string): InstanceBodies | undefined => {
      const row = prepared(bodiesOf).get(imageKey, ...seen.values) as InstanceBodies | undefined;
      return row && { header: row.header, body: row.body };
    },
    preview: (imageKey: string): Buffer | undefined =>
      (prepared(previewOf).get(imageKey, ...seen.values) as { bytes: Buffer } | undefined)?.bytes,
    images: function* (PatientID: string, fileName?: string): Generator<CatalogInstance> {
      const found =
        fileName === undefined
          ? prepared(files).all(PatientID, ...seen.values)
          : prepared(filesOfName).all(PatientID, fileName, ...seen.values);
      for (const { id } of found as { id: number }[]) {
        const row = whole(id);
        // Undefined when a rollback took it away meanwhile.
        if (row) yield toInstance(row);
      }
    },
    sealedSOPInstanceUIDs: function* (): Generator<string> {
      for (let after = 0; ;) {
        const rows = prepared(sealed).all(...seen.values, after) as SealedRow[];
        for (const row of rows) if (row.is_seen === 1) yield row.SOPInstanceUID;
        const last = rows.at(-1);
        if (!last || rows.length < BATCH) return;
        after = last.id;
      }
    },
  };
}

interface SealedRow {
  id: number;
  SOPInstanceUID: string;
  is_seen: number;
}

function scope({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: ResourceIds): Condition {
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
