import type { Connection } from './database.js';
import { TAGS } from '../matching/tags.js';
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
  const describeSeries = db.prepare(`
    UPDATE series SET (section_id, Modality, SeriesNumber) =
      (SELECT x.id, ${first(TAGS.Modality)}, ${firstNumber(TAGS.SeriesNumber)}
       FROM instance i JOIN section x ON x.id = i.series_section_id WHERE i.id = series.described_by)
    WHERE id = ?`);
  const dropClasses = db.prepare('DELETE FROM series_class WHERE series_id = ?');
  const addClasses = db.prepare(`
    INSERT INTO series_class (series_id, SOPClassUID, instance_count)
      SELECT series_id, SOPClassUID, count(*) FROM instance INDEXED BY instance_order
      WHERE series_id = ? AND standing = 'listed' GROUP BY SOPClassUID`);
  const study = db.prepare(`
    UPDATE study SET (series_count, instance_count, sealed_count, online_count, described_by) =
      (SELECT count(*), coalesce(sum(instance_count), 0), coalesce(sum(sealed_count), 0),
         coalesce(sum(online_count), 0), min(described_by)
       FROM series WHERE study_id = study.id AND instance_count > 0)
    WHERE id = ?`);
  const describeStudy = db.prepare(`
    UPDATE study SET (patient_id, section_id, PatientID, AccessionNumber, StudyDate, StudyTime) =
      (SELECT i.patient_id, x.id, ${first(TAGS.PatientID)}, ${first(TAGS.AccessionNumber)}, ${first(TAGS.StudyDate)}, ${first(TAGS.StudyTime)}
       FROM instance i JOIN section x ON x.id = i.study_section_id WHERE i.id = study.described_by)
    WHERE id = ?`);
  const patient = db.prepare(`
    UPDATE patient SET (study_count, series_count, instance_count, described_by) =
      (SELECT count(*), coalesce(sum(series_count), 0), coalesce(sum(instance_count), 0), min(described_by)
       FROM study WHERE patient_id = patient.id AND instance_count > 0 AND is_shown = 1)
    WHERE id = ?`);
  const describePatient = db.prepare(`
    UPDATE patient SET (section_id, PatientID) =
      (SELECT x.id, ${first(TAGS.PatientID)}
       FROM instance i JOIN section x ON x.id = i.study_section_id WHERE i.id = patient.described_by)
    WHERE id = ?`);
  const studyOfSeries = db.prepare('SELECT study_id FROM series WHERE id = ?');
  const studyRow = db.prepare('SELECT StudyInstanceUID, patient_id FROM study WHERE id = ?');
  const studyOf = (id: number) =>
    studyRow.get(id) as { StudyInstanceUID: string; patient_id: number | null } | undefined;

  return ({ seriesIds = [], studyIds = [], StudyInstanceUIDs = [], patientIds = [] }) => {
    const [studies, uids, patients] = [new Set(studyIds), new Set(StudyInstanceUIDs), new Set(patientIds)];
    for (const id of new Set(seriesIds)) {
      series.run(id);
      describeSeries.run(id);
      dropClasses.run(id);
      addClasses.run(id);
      const above = studyOfSeries.get(id) as { study_id: number } | undefined;
      if (above) studies.add(above.study_id);
    }
    for (const id of studies) {
      const before = studyOf(id);
      if (!before) continue;
      study.run(id);
      describeStudy.run(id);
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
