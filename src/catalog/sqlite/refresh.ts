import type { Connection } from './database.js';
import { TAGS } from '../matching/tags.js';
import { prepareDescribe } from './describe.js';
import { prepareShown } from './shown.js';
import type { SiteRules } from './site-rules.js';

/** The first value of a tag among the matching keys of the section `x`. */
const first = (tag: string) => `x.keys ->> '$."${tag}"[0]'`;
const firstNumber = (tag: string) =>
  `CASE WHEN json_type(x.keys, '$."${tag}"[0]') IN ('integer', 'real') THEN ${first(tag)} END`;

/** Rows below which something is another than before, whether or not they are there still. */
export interface Touched {
  seriesIds?: Iterable<number>;
  studyIds?: Iterable<number>;
  StudyInstanceUIDs?: Iterable<string>;
  patientIds?: Iterable<number | null>;
}

/**
 * Prepares making derived rows anew from the instances below them, so that they say what a replay of the chain would. Used where
 * counting on is not enough: the first instance of a series, a withdrawal, a retirement, a rollback.
 */
export function prepareRefresh(db: Connection, rules: SiteRules): (touched: Touched) => void {
  const show = prepareShown(db, rules);
  const series = db.prepare(`
    UPDATE series SET (instance_count, sealed_count, online_count, described_by) =
      (SELECT count(*), count(sealed_block), count(CASE WHEN is_verified = 1 THEN sealed_block END), min(id)
       FROM instance INDEXED BY instance_order WHERE series_id = series.id AND standing = 'listed')
    WHERE id = ?`);
  const describe = prepareDescribe(db);
  const describeSeries = db.prepare(`
    UPDATE series SET (section_id, Modality, SeriesNumber) =
      (SELECT x.id, ${first(TAGS.Modality)}, ${firstNumber(TAGS.SeriesNumber)} FROM section x WHERE x.id = ?1),
      described_until = ?2, is_mixed = ?3
    WHERE id = ?4`);
  const dropClasses = db.prepare('DELETE FROM series_class WHERE series_id = ?');
  const addClasses = db.prepare(`
    INSERT INTO series_class (series_id, SOPClassUID, instance_count)
      SELECT series_id, SOPClassUID, count(*) FROM instance INDEXED BY instance_order
      WHERE series_id = ? AND standing = 'listed' GROUP BY series_id, SOPClassUID`);
  const study = db.prepare(`
    UPDATE study SET (series_count, instance_count, sealed_count, online_count, described_by) =
      (SELECT count(*), coalesce(sum(instance_count), 0), coalesce(sum(sealed_count), 0),
         coalesce(sum(online_count), 0), min(described_by)
       FROM series WHERE study_id = study.id AND instance_count > 0)
    WHERE id = ?`);
  const describeStudy = db.prepare(`
    UPDATE study SET (section_id, PatientID, AccessionNumber, StudyDate, StudyTime) =
      (SELECT x.id, ${first(TAGS.PatientID)}, ${first(TAGS.AccessionNumber)}, ${first(TAGS.StudyDate)}, ${first(TAGS.StudyTime)}
       FROM section x WHERE x.id = ?1),
      described_until = ?2, is_mixed = ?3, patient_id = ?4, names_other_patient = ?5
    WHERE id = ?6`);
  const patient = db.prepare(`
    UPDATE patient SET (study_count, series_count, instance_count, described_by) =
      (SELECT count(*), coalesce(sum(series_count), 0), coalesce(sum(instance_count), 0), min(described_by)
       FROM study WHERE patient_id = patient.id AND instance_count > 0 AND is_shown = 1)
    WHERE id = ?`);
  const describePatient = db.prepare(`
    UPDATE patient SET (section_id, PatientID) =
      (SELECT s.section_id, s.PatientID FROM study s
       WHERE s.patient_id = patient.id AND s.is_shown = 1 AND s.described_by = patient.described_by)
    WHERE id = ?`);
  const seriesRow = db.prepare(`
    SELECT r.study_id, s.site_id || ' ' || s.StudyInstanceUID || ' ' || r.SeriesInstanceUID AS name
    FROM series r JOIN study s ON s.id = r.study_id WHERE r.id = ?`);
  const studyRow = db.prepare(
    "SELECT StudyInstanceUID, patient_id, site_id || ' ' || StudyInstanceUID AS name FROM study WHERE id = ?",
  );
  const studyOf = (id: number) =>
    studyRow.get(id) as { StudyInstanceUID: string; patient_id: number | null; name: string } | undefined;

  return ({ seriesIds = [], studyIds = [], StudyInstanceUIDs = [], patientIds = [] }) => {
    const [studies, uids, patients] = [new Set(studyIds), new Set(StudyInstanceUIDs), new Set(patientIds)];
    for (const id of new Set(seriesIds)) {
      const row = seriesRow.get(id) as { study_id: number; name: string } | undefined;
      if (!row) continue;
      series.run(id);
      const { sectionId, until, isMixed } = describe('series', id, row.name) ?? {};
      describeSeries.run(sectionId ?? null, until ?? null, isMixed ? 1 : 0, id);
      dropClasses.run(id);
      addClasses.run(id);
      studies.add(row.study_id);
    }
    for (const id of studies) {
      const before = studyOf(id);
      if (!before) continue;
      study.run(id);
      const { sectionId, until, isMixed, patientId, namesOther } = describe('study', id, before.name) ?? {};
      const flags = [isMixed ? 1 : 0, patientId ?? null, namesOther ? 1 : 0];
      describeStudy.run(sectionId ?? null, until ?? null, ...flags, id);
      patients.add(before.patient_id).add(studyOf(id)?.patient_id ?? null);
      uids.add(before.StudyInstanceUID);
    }
    for (const uid of uids) for (const id of show(uid)) patients.add(id);
    for (const id of patients) {
      if (id === null) continue;
      patient.run(id);
      describePatient.run(id);
    }
  };
}
