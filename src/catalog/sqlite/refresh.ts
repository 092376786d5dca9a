import type { Connection } from './database.js';
import { TAGS } from '../matching/tags.js';

/** The first value of a tag among the matching keys of the section `x`. */
const first = (tag: string) => `x.keys ->> '$."${tag}"[0]'`;
const firstNumber = (tag: string) =>
  `CASE WHEN json_type(x.keys, '$."${tag}"[0]') IN ('integer', 'real') THEN ${first(tag)} END`;

/**
 * Makes derived rows anew from the instances below them, so that they say what a replay of the chain would. Used where
 * counting on is not enough: the first instance of a series, a withdrawal, a retirement, a rollback.
 */
export interface Refresh {
  series(id: number): void;
  study(id: number): void;
  patient(id: number): void;
}

export function prepareRefresh(db: Connection): Refresh {
  const series = db.prepare(`
    UPDATE series SET (instance_count, sealed_count, described_by) =
      (SELECT count(*), count(sealed_block), min(id) FROM instance WHERE series_id = series.id AND removed_block IS NULL)
    WHERE id = ?`);
  const describeSeries = db.prepare(`
    UPDATE series SET (section_id, Modality, SeriesNumber) =
      (SELECT x.id, ${first(TAGS.Modality)}, ${firstNumber(TAGS.SeriesNumber)}
       FROM instance i JOIN section x ON x.id = i.series_section_id WHERE i.id = series.described_by)
    WHERE id = ?`);
  const dropClasses = db.prepare('DELETE FROM series_class WHERE series_id = ?');
  const addClasses = db.prepare(`
    INSERT INTO series_class (series_id, SOPClassUID, instance_count)
      SELECT series_id, SOPClassUID, count(*) FROM instance WHERE series_id = ? AND removed_block IS NULL
      GROUP BY SOPClassUID`);
  const study = db.prepare(`
    UPDATE study SET (series_count, instance_count, sealed_count, described_by) =
      (SELECT count(*), coalesce(sum(instance_count), 0), coalesce(sum(sealed_count), 0), min(described_by)
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
       FROM study WHERE patient_id = patient.id AND instance_count > 0)
    WHERE id = ?`);
  const describePatient = db.prepare(`
    UPDATE patient SET (section_id, PatientID) =
      (SELECT x.id, ${first(TAGS.PatientID)}
       FROM instance i JOIN section x ON x.id = i.study_section_id WHERE i.id = patient.described_by)
    WHERE id = ?`);
  return {
    series: (id) => {
      series.run(id);
      describeSeries.run(id);
      dropClasses.run(id);
      addClasses.run(id);
    },
    study: (id) => {
      study.run(id);
      describeStudy.run(id);
    },
    patient: (id) => {
      patient.run(id);
      describePatient.run(id);
    },
  };
}
