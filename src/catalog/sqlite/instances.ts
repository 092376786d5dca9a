import type { CatalogInstance, InstanceBodies } from '../catalog.js';
import type { ResourceIds } from '../query.js';
import { and, type Condition } from './condition.js';
import { INSTANCE_COLUMNS, type InstanceRow, toInstance } from './instance-row.js';
import { LEVEL_SOURCES, ORDER_OF_ONE_SERIES } from './level-sources.js';
import { createMetadata } from './metadata.js';
import type { Sight } from './sight.js';
import type { SiteNames } from './site-names.js';
import type { Statements } from './statements.js';
import { withAttribute } from './with-attribute.js';

const PRESENT = "standing <> 'hidden'";
const LISTED = LEVEL_SOURCES.instance.visible;
const RETIRED = "i.standing = 'retired'";
const BY_ID = `
  SELECT ${INSTANCE_COLUMNS}
  FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id WHERE i.id = ?`;
/** Rows read at a time by the generators, so that no statement is open while others write. */
const BATCH = 1000;

interface InstancesDependencies {
  statements: Statements;
  names: SiteNames;
  /** Which of two sites is shown first. */
  compareSites: (a: number, b: number) => number;
  /** How many rollbacks there were. */
  rollbackCount: () => number;
}

/** The reading of instances by their identifiers, of studies that are seen. */
export function createInstances(
  { statements, names, compareSites, rollbackCount }: InstancesDependencies,
  { study, series }: Sight,
) {
  const { prepared } = statements;
  /** True for a series `r` in a study `s` that is seen. */
  const seen = and([study, series.isSeen]);
  /** From a study down; CROSS JOIN keeps SQLite to this order. */
  const below = `study s CROSS JOIN series r ON ${series.parent} CROSS JOIN instance i ON i.series_id = r.id`;
  /** True for an instance `i` in a study that is seen. */
  const isSeen = `EXISTS (SELECT 1 FROM series r JOIN study s ON ${series.parent} WHERE r.id = i.series_id AND ${seen.sql})`;
  const isOwnSeen = `EXISTS (SELECT 1 FROM series r JOIN study s ON s.id = r.study_id WHERE r.id = i.series_id AND ${study.sql})`;
  const byUid = `
    SELECT ${INSTANCE_COLUMNS}, ${series.isAddition} AS is_addition
    FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON ${series.parent}
    WHERE i.SOPInstanceUID = ? AND i.${PRESENT} AND ${seen.sql}`;
  const whoseOf = `
    SELECT s.site_id AS siteId, ${series.isAddition} AS isAddition
    FROM series r JOIN study s ON s.id = r.study_id WHERE r.id = ?`;
  const bodiesOf = `
    SELECT i.content_key AS contentKey, h.bytes AS header, i.announced_body AS body, i.sealed_pages AS pages
    FROM instance i JOIN header h ON h.instance_id = i.id WHERE i.id = ? AND i.${PRESENT} AND ${isSeen}`;
  const previewOf = `
    SELECT v.bytes FROM instance i JOIN preview v ON v.instance_id = i.id WHERE i.id = ? AND i.${PRESENT} AND ${isSeen}`;
  const ofPatient = `
    SELECT i.id FROM instance i WHERE i.PatientID = ? AND i.media_type <> 'application/dicom' AND i.${PRESENT}`;
  // A patient's files are those of the patient's own studies.
  const files = `${ofPatient} AND ${isOwnSeen} ORDER BY i.id DESC`;
  const filesOfName = `${ofPatient} AND coalesce(i.file_name, i.SOPInstanceUID) = ? AND ${isOwnSeen} ORDER BY i.id DESC`;
  // Those that are not seen are read and left out, so that no batch reads the whole table.
  const sealed = `
    SELECT i.id, i.SOPInstanceUID, ${isSeen} AS is_seen, i.is_contested FROM instance i
    WHERE i.id > ? AND i.sealed_block IS NOT NULL AND ${LISTED} ORDER BY i.id LIMIT ${BATCH}`;

  const rowsOf = (ids: ResourceIds, columns: string): unknown[] => {
    const { sql, values } = and([scope(ids), seen]);
    return prepared(
      `SELECT ${columns} FROM ${below} WHERE ${LISTED} AND ${sql}
       ORDER BY ${ids.SeriesInstanceUID === undefined ? series.order : ORDER_OF_ONE_SERIES}, ${LEVEL_SOURCES.instance.order}`,
    ).all(...values);
  };
  /** What answers say of each series besides its objects. */
  const saidWith = (rows: readonly { seriesId: number }[]) =>
    new Map(
      [...new Set(rows.map(({ seriesId }) => seriesId))].map((seriesId) => {
        const { siteId, isAddition } = prepared(whoseOf).get(seriesId) as { siteId: number; isAddition: number };
        return [seriesId, names.ofSeries({ siteId, isAddition: isAddition === 1 })];
      }),
    );
  const siteOf = (ids: ResourceIds, condition: string): number | undefined => {
    const { sql, values } = and([scope(ids), seen]);
    const row = prepared(`SELECT s.site_id AS siteId FROM ${below} WHERE ${condition} AND ${sql} LIMIT 1`).get(
      ...values,
    );
    return (row as { siteId: number } | undefined)?.siteId;
  };
  const has = (ids: ResourceIds, condition: string): boolean => siteOf(ids, condition) !== undefined;
  const whole = (id: number) => prepared(BY_ID).get(id) as InstanceRow | undefined;
  const instance = (SOPInstanceUID: string): CatalogInstance | undefined => {
    const rows = prepared(byUid).all(SOPInstanceUID, ...seen.values) as (InstanceRow & { is_addition: number })[];
    const [row] = rows.sort((a, b) => a.is_addition - b.is_addition || compareSites(a.site_id, b.site_id));
    return row && toInstance(row);
  };

  return {
    instance,
    instances: (ids: ResourceIds): CatalogInstance[] =>
      (rowsOf(ids, INSTANCE_COLUMNS) as InstanceRow[]).map(toInstance),
    hasStudy: (StudyInstanceUID: string): boolean =>
      has({ StudyInstanceUID }, LISTED) || has({ StudyInstanceUID }, RETIRED),
    siteOfStudy: (StudyInstanceUID: string): number | undefined =>
      siteOf({ StudyInstanceUID }, LISTED) ?? siteOf({ StudyInstanceUID }, RETIRED),
    isGone: (ids: ResourceIds): boolean => has(ids, RETIRED) && !has(ids, LISTED),
    metadata: function* (ids: ResourceIds): Generator<string> {
      const rows = rowsOf(ids, 'i.id, i.content_key AS contentKey, r.id AS seriesId') as {
        id: number;
        contentKey: string;
        seriesId: number;
      }[];
      const said = saidWith(rows);
      const metadataOf = createMetadata(statements, rollbackCount);
      for (const { id, contentKey, seriesId } of rows) {
        const text = metadataOf(id, contentKey);
        // A rollback took it away meanwhile.
        if (text === undefined) continue;
        yield (said.get(seriesId) ?? []).reduce((known, [tag, valueOf]) => withAttribute(known, tag, valueOf), text);
      }
    },
    bodies: (id: number): InstanceBodies | undefined => {
      const row = prepared(bodiesOf).get(id, ...seen.values) as
        (Omit<InstanceBodies, 'pages'> & { pages: string | null }) | undefined;
      if (!row) return undefined;
      const { contentKey, header, body, pages } = row;
      return { contentKey, header, body, pages: pages ?? undefined };
    },
    preview: (id: number): Buffer | undefined =>
      (prepared(previewOf).get(id, ...seen.values) as { bytes: Buffer } | undefined)?.bytes,
    images: function* (PatientID: string, fileName?: string): Generator<CatalogInstance> {
      const found =
        fileName === undefined
          ? prepared(files).all(PatientID, ...study.values)
          : prepared(filesOfName).all(PatientID, fileName, ...study.values);
      for (const { id } of found as { id: number }[]) {
        const row = whole(id);
        // Undefined when a rollback took it away meanwhile.
        if (row) yield toInstance(row);
      }
    },
    sealedSOPInstanceUIDs: function* (): Generator<string> {
      for (let after = 0; ;) {
        const rows = prepared(sealed).all(...seen.values, after) as SealedRow[];
        for (const row of rows) {
          // Of the instances of one UID, the one that has the name at /dicom-web.
          const isTheOne = row.is_contested === 0 || instance(row.SOPInstanceUID)?.id === row.id;
          if (row.is_seen === 1 && isTheOne) yield row.SOPInstanceUID;
        }
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
  is_contested: number;
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
