import type { DicomJson } from '../../standard/dicom-json.js';
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { KnownTags } from './known-tags.js';
import type { InstanceRecord } from '../catalog.js';
import type { Connection } from './database.js';
import { matchingKeys } from '../matching/matching-keys.js';
import { TAGS } from '../matching/tags.js';

/** Where the row of a new instance stands. */
export interface Placed {
  id: number;
  seriesId: number;
  studyId: number;
  patientId: number;
}

/** Writes one announced instance and the rows it hangs on; counts and descriptions are the caller's. */
export type Announce = (record: InstanceRecord, block: { number: bigint; timestamp: number }) => Placed;

/** Metadata is small: more than that costs time on each store and saves next to nothing. */
const DEFLATE_LEVEL = 4;

export function prepareAnnounce(db: Connection, levels: KnownTags): Announce {
  const lastId = db.prepare('SELECT max(id) AS id FROM instance');
  const section = rowOf(db, 'section', ['digest'], ['attributes', 'keys']);
  const patient = rowOf(db, 'patient', ['patient_key']);
  const study = rowOf(db, 'study', ['StudyInstanceUID']);
  const series = rowOf(db, 'series', ['SeriesInstanceUID', 'study_id']);
  const instance = db.prepare(`
    INSERT INTO instance (id, image_key, series_id, patient_id, SOPInstanceUID, SOPClassUID, InstanceNumber, PatientID,
      site_id, transfer_syntax_uid, media_type, byte_count, sha256, data_set_sha256, file_name, study_section_id, series_section_id,
      announced_block, announced_at, announced_body, attributes, keys)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, jsonb(?))`);
  // libsql binds an empty Buffer as NULL.
  const header = db.prepare("INSERT INTO header (instance_id, bytes) VALUES (?, coalesce(?, x''))");
  const metadata = db.prepare('INSERT INTO metadata (instance_id, deflated) VALUES (?, ?)');
  const preview = db.prepare('INSERT INTO preview (instance_id, bytes) VALUES (?, ?)');

  const patientName = db.prepare('INSERT OR IGNORE INTO patient_name (name, section_id, since) VALUES (?, ?, ?)');

  const sectionId = (level: 'study' | 'series', attributes: DicomJson, since: number): number => {
    const text = JSON.stringify(attributes);
    const digest = createHash('sha256').update(`${level} ${text}`).digest('hex');
    const names: unknown[] = [];
    const id = section([digest], since, () => {
      levels.learn(level, Object.keys(attributes), since);
      const keys = matchingKeys(attributes);
      names.push(...(keys[TAGS.PatientName] ?? []));
      return [text, JSON.stringify(keys)];
    });
    for (const name of names) patientName.run(name, id, since);
    return id;
  };

  return (record, block) => {
    const id = ((lastId.get() as { id: number | null }).id ?? 0) + 1;
    const studySection = sectionId('study', record.study, id);
    const seriesSection = sectionId('series', record.series, id);
    const patientId = patient([record.patientKey], id);
    const studyId = study([record.StudyInstanceUID], id);
    const seriesId = series([record.SeriesInstanceUID, studyId], id);
    const keys = matchingKeys(record.instance);
    const [InstanceNumber] = keys[TAGS.InstanceNumber] ?? [];
    const [PatientID] = record.study[TAGS.PatientID]?.Value ?? [];
    levels.learn('instance', Object.keys(record.instance), id);
    instance.run(
      id,
      record.imageKey,
      seriesId,
      patientId,
      record.SOPInstanceUID,
      record.SOPClassUID,
      typeof InstanceNumber === 'number' ? InstanceNumber : null,
      typeof PatientID === 'string' ? PatientID : null,
      record.siteId,
      record.transferSyntaxUID,
      record.mediaType,
      record.byteCount,
      record.sha256,
      record.dataSetSha256,
      record.fileName ?? null,
      studySection,
      seriesSection,
      Number(block.number),
      block.timestamp,
      record.body,
      JSON.stringify(record.instance),
      JSON.stringify(keys),
    );
    header.run(id, record.header);
    metadata.run(id, deflateRawSync(record.metadata, { level: DEFLATE_LEVEL }));
    if (record.preview.length > 0) preview.run(id, record.preview);
    return { id, seriesId, studyId, patientId };
  };
}

/** Finds the row with these values in the `unique` columns, or makes it; `keys` is given as JSON text and kept as JSONB. */
function rowOf(db: Connection, table: string, unique: string[], others: string[] = []) {
  const columns = [...unique, 'since', ...others];
  const find = db.prepare(`SELECT id FROM ${table} WHERE ${unique.map((column) => `${column} = ?`).join(' AND ')}`);
  const make = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')})
     VALUES (${columns.map((column) => (column === 'keys' ? 'jsonb(?)' : '?')).join(', ')})`,
  );
  return (values: unknown[], since: number, rest: () => unknown[] = () => []): number => {
    const known = find.get(...values) as { id: number } | undefined;
    return known?.id ?? Number(make.run(...values, since, ...rest()).lastInsertRowid);
  };
}
