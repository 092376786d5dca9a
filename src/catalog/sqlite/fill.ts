import type { DicomJson } from '../../standard/dicom-json.js';
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { KnownTags } from './known-tags.js';
import type { InstanceRecord } from '../change.js';
import { ANNOUNCED_COLUMNS, announcedValues, type AnnouncedRow } from './announced-row.js';
import type { Connection } from './database.js';
import { INSTANCE_PARTS, splitByPart } from '../matching/instance-parts.js';
import { matchingKeys } from '../matching/matching-keys.js';
import { linesOf, restOf } from './alike-members.js';
import { issuerHashOf, patientIdentity } from './patient-identity.js';
import { preparePatientNames } from './patient-names.js';
import { TAGS } from '../matching/tags.js';

/** Where a row is that was filled. */
export interface Placed extends Pick<InstanceRecord, 'SOPInstanceUID' | 'SOPClassUID'> {
  id: number;
  seriesId: number;
  studyId: number;
  patientId: number;
  seriesSectionId: number;
  studySectionId: number;
}

/** How the row stands already; hidden, and not verified, until somebody says how it stands. */
interface Standing {
  standing: 'listed' | 'retired' | 'hidden';
  isVerified: boolean;
}

/** Writes what was read into the row, and the rows it hangs on; counts and descriptions are the caller's. */
type Fill = (row: AnnouncedRow, record: InstanceRecord, standing: Standing) => Placed;

const READ = [
  ...['standing', 'is_verified', 'series_id', 'patient_id', 'SOPInstanceUID', 'SOPClassUID', 'InstanceNumber'],
  ...['PatientID', 'transfer_syntax_uid', 'media_type', 'byte_count', 'sha256', 'data_set_sha256', 'file_name'],
  ...['study_section_id', 'series_section_id', 'own', 'own_keys', 'common_id', 'private_id', 'rest'],
];
const bound = (column: string): string => (column === 'keys' || column === 'own_keys' ? 'jsonb(?)' : '?');

/** What is deflated is small: more than that costs time on each store and saves next to nothing. */
const DEFLATE_LEVEL = 4;

export function prepareFill(db: Connection, levels: KnownTags): Fill {
  const section = rowOf(db, 'section', ['digest'], ['attributes', 'keys']);
  const shared = rowOf(db, 'shared', ['digest'], ['deflated', 'keys']);
  const patient = rowOf(db, 'patient', ['identity', 'site_id'], ['issuer_hash']);
  const study = rowOf(db, 'study', ['StudyInstanceUID', 'site_id']);
  const series = rowOf(db, 'series', ['SeriesInstanceUID', 'study_id'], ['shown_in']);
  const made = [...READ, 'id', ...ANNOUNCED_COLUMNS];
  const make = db.prepare(`
    INSERT INTO instance (${made.join(', ')}) VALUES (${made.map(bound).join(', ')})`);
  const complete = db.prepare(`
    UPDATE instance SET announced_bodies = NULL, reading = NULL, reading_detail = NULL, quarantine = NULL,
      ${READ.map((column) => `${column} = ${bound(column)}`).join(', ')} WHERE id = ?`);
  // libsql binds an empty Buffer as NULL.
  const header = db.prepare("INSERT INTO header (instance_id, bytes) VALUES (?, coalesce(?, x''))");
  const metadata = db.prepare('INSERT INTO metadata (instance_id, deflated) VALUES (?, ?)');
  const preview = db.prepare('INSERT INTO preview (instance_id, bytes) VALUES (?, ?)');

  const names = preparePatientNames(db);

  const sectionId = (level: 'study' | 'series', attributes: DicomJson, since: number): number => {
    const text = JSON.stringify(attributes);
    const digest = createHash('sha256').update(`${level} ${text}`).digest('hex');
    let keys: ReturnType<typeof matchingKeys> | undefined;
    const { id, isFirst } = section([digest], since, () => [text, JSON.stringify((keys = matchingKeys(attributes)))]);
    if (isFirst) {
      levels.learn(level, Object.keys(attributes), since);
      keys ??= matchingKeys(attributes);
      names.add(keys, id, since);
    }
    return id;
  };

  /** Null where there is nothing. */
  const sharedId = (attributes: DicomJson, since: number): number | null => {
    if (Object.keys(attributes).length === 0) return null;
    const text = JSON.stringify(attributes);
    const digest = createHash('sha256').update(text).digest('hex');
    const rest = () => [deflateRawSync(text, { level: DEFLATE_LEVEL }), JSON.stringify(matchingKeys(attributes))];
    return shared([digest], since, rest).id;
  };

  return ({ id, siteId, announced }, record, { standing, isVerified }) => {
    const studySection = sectionId('study', record.study, id);
    const seriesSection = sectionId('series', record.series, id);
    const patientId = patient([patientIdentity(record), siteId], id, () => [issuerHashOf(record) ?? null]).id;
    const studyId = study([record.StudyInstanceUID, siteId], id).id;
    const seriesId = series([record.SeriesInstanceUID, studyId], id, () => [studyId]).id;
    const parts = splitByPart(record.instance);
    const keys = matchingKeys(parts.own);
    const [InstanceNumber] = keys[TAGS.InstanceNumber] ?? [];
    const [PatientID] = record.study[TAGS.PatientID]?.Value ?? [];
    levels.learn('instance', Object.keys(record.instance), id);
    const rest = restOf(record.metadata, [record.study, record.series, ...INSTANCE_PARTS.map((part) => parts[part])]);
    const read = [
      standing,
      isVerified ? 1 : 0,
      seriesId,
      patientId,
      record.SOPInstanceUID,
      record.SOPClassUID,
      typeof InstanceNumber === 'number' ? InstanceNumber : null,
      typeof PatientID === 'string' ? PatientID : null,
      record.transferSyntaxUID,
      record.mediaType,
      record.byteCount,
      record.sha256,
      record.dataSetSha256,
      record.fileName ?? null,
      studySection,
      seriesSection,
      linesOf(parts.own),
      JSON.stringify(keys),
      sharedId(parts.common, id),
      sharedId(parts.private, id),
      rest === undefined ? null : linesOf(rest),
    ];
    if (announced) make.run(...read, id, ...announcedValues(announced));
    else complete.run(...read, id);
    header.run(id, record.header);
    if (rest === undefined) metadata.run(id, deflateRawSync(record.metadata, { level: DEFLATE_LEVEL }));
    if (record.preview.length > 0) preview.run(id, record.preview);
    const { SOPInstanceUID, SOPClassUID } = record;
    const sections = { seriesSectionId: seriesSection, studySectionId: studySection };
    return { id, seriesId, studyId, patientId, ...sections, SOPInstanceUID, SOPClassUID };
  };
}

/**
 * Finds the row with these values in the `unique` columns, or makes it; `keys` is given as JSON text and kept as JSONB. `isFirst` says that
 * nothing before `since` has brought it.
 */
function rowOf(db: Connection, table: string, unique: string[], others: string[] = []) {
  const columns = [...unique, 'since', ...others];
  const find = db.prepare(
    `SELECT id, since FROM ${table} WHERE ${unique.map((column) => `${column} = ?`).join(' AND ')}`,
  );
  const make = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')})
     VALUES (${columns.map(bound).join(', ')})`,
  );
  const lower = db.prepare(`UPDATE ${table} SET since = ? WHERE id = ?`);
  return (values: unknown[], since: number, rest: () => unknown[] = () => []): { id: number; isFirst: boolean } => {
    const known = find.get(...values) as { id: number; since: number } | undefined;
    if (!known) return { id: Number(make.run(...values, since, ...rest()).lastInsertRowid), isFirst: true };
    if (since < known.since) lower.run(since, known.id);
    return { id: known.id, isFirst: since < known.since };
  };
}
