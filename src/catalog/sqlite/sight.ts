import { TAGS } from '../matching/tags.js';
import type { Visibility } from '../visibility.js';
import { ALWAYS, and, type Condition, exists, isAnyOf, or } from './condition.js';
import { LEVEL_SOURCES } from './level-sources.js';

/** What somebody sees, in SQL: of each UID the study that is shown, or those of one site. Values are bound, so that there is one text for all that see on the same grounds. */
export interface Sight {
  /** True for a study `s` that is seen. For rows that are found by something else: one look-up a row. */
  study: Condition;
  /** The same for a study that has instances; the rows can be found by it. Reads the whole list of what is seen. */
  studyOfList: Condition;
  series: SeriesSight;
  /**
   * The patients `p` of such studies, as a table: what is counted and described is what is seen of them. `undefined` when everything
   * that is shown is seen, so that it is the table itself.
   */
  patients: Condition | undefined;
  /** The same table with one patient, by the id that is given. */
  patientOfId: ((id: number) => Condition) | undefined;
}

/** How series `r` are found in a study `s`; one that is an addition is found in another site's. What describes and counts a study is its own alone. */
interface SeriesSight {
  parent: string;
  parentId: string;
  isAddition: string;
  order: string;
  /** True for all but additions that are of no study which is seen. */
  isSeen: Condition;
}

const SHOWN: Condition = { sql: 's.is_shown = 1', values: [] };

/** Turns a visibility into conditions. What names nothing sees nothing. With `siteId`, all is that site's. */
export function sightOf(visibility: Visibility, siteId?: number): Sight {
  const isOfSite = siteId === undefined ? SHOWN : { sql: 's.site_id = ?', values: [siteId] };
  const { byRow, byList } = visibility === 'everything' ? { byRow: [], byList: [] } : groundsOf(visibility);
  const series = siteId === undefined ? seriesWithAdditions(byRow) : OWN_SERIES;
  const [study, studyOfList] = [and([isOfSite, ...byRow]), and([isOfSite, ...byList])];
  if (siteId === undefined && byRow.length === 0)
    return { study, studyOfList, series, patients: undefined, patientOfId: undefined };
  return {
    study,
    studyOfList,
    series,
    patients: patientsOf(studyOfList),
    patientOfId: (id) => patientsOf(and([{ sql: 's.patient_id = ?', values: [id] }, study])),
  };
}

const OWN_SERIES: SeriesSight = {
  parent: LEVEL_SOURCES.series.parent,
  parentId: 'r.study_id',
  isAddition: '0',
  order: LEVEL_SOURCES.series.order,
  isSeen: ALWAYS,
};

function seriesWithAdditions(grounds: Condition[]): SeriesSight {
  const ownStudy = exists({ sql: 'study s', values: [] }, and([{ sql: 's.id = r.study_id', values: [] }, ...grounds]));
  return {
    parent: 'r.shown_in = s.id',
    parentId: 'r.shown_in',
    isAddition: 'r.is_addition',
    order: `r.is_addition, ${LEVEL_SOURCES.series.order}, r.id`,
    isSeen: grounds.length === 0 ? ALWAYS : or([{ sql: 'r.is_addition = 0', values: [] }, ownStudy]),
  };
}

function groundsOf(visibility: Exclude<Visibility, 'everything'>): { byRow: Condition[]; byList: Condition[] } {
  const { labels, studies, patient } = visibility;
  const byRow: Condition[] = [];
  const byList: Condition[] = [];
  if (studies !== undefined) {
    const isNamed = isAnyOf('s.StudyInstanceUID', [...studies]);
    byRow.push(isNamed);
    byList.push(isNamed);
  }
  if (labels !== undefined) {
    const isWanted = { sql: 'l.label IN (SELECT value FROM json_each(?))', values: [JSON.stringify(labels)] };
    const table = 'annotations.label l WHERE';
    byRow.push({
      sql: `EXISTS (SELECT 1 FROM ${table} l.StudyInstanceUID = s.StudyInstanceUID AND l.site_id = s.site_id AND ${isWanted.sql})`,
      values: isWanted.values,
    });
    byList.push({
      sql: `(s.StudyInstanceUID, s.site_id) IN (SELECT l.StudyInstanceUID, l.site_id FROM ${table} ${isWanted.sql})`,
      values: isWanted.values,
    });
  }
  if (patient !== undefined) {
    byRow.push(isOfPatient(SECTION_OF_GONE, patient));
    byList.push({ sql: 's.PatientID = ?', values: [patient.PatientID.trim()] }, isOfPatient('s.section_id', patient));
  }
  return { byRow, byList };
}

/** A study of which all is retired is that of the patient whom its first instance names. */
const SECTION_OF_GONE = `coalesce(s.section_id, (
  SELECT i0.study_section_id FROM series r0 CROSS JOIN instance i0 ON i0.series_id = r0.id
  WHERE r0.study_id = s.id AND i0.standing = 'retired' ORDER BY i0.id LIMIT 1))`;

type Patient = NonNullable<Exclude<Visibility, 'everything'>['patient']>;

function isOfPatient(section: string, { PatientID, IssuerOfPatientID }: Patient): Condition {
  const has = (tag: string, value: string): Condition => ({
    sql: `x.keys ->> '$."${tag}"[0]' = ?`,
    values: [value.trim()],
  });
  const conditions = [has(TAGS.PatientID, PatientID)];
  if (IssuerOfPatientID !== undefined) conditions.push(has(TAGS.IssuerOfPatientID, IssuerOfPatientID));
  const { sql, values } = and(conditions);
  return { sql: `EXISTS (SELECT 1 FROM section x WHERE x.id = ${section} AND ${sql})`, values };
}

/** With min(), SQLite takes the other columns from the row that has it (SQLite, SELECT §2.5); `postgres/to-postgres.ts` reads the comments. */
function patientsOf({ sql, values }: Condition): Condition {
  return {
    sql: `(SELECT s.patient_id AS id, /* of the first by s.described_by */ s.site_id AS site_id,
      (SELECT identity FROM patient WHERE id = s.patient_id) AS identity,
      /* of the first by s.described_by */ s.section_id AS section_id,
      /* of the first by s.described_by */ s.PatientID AS PatientID, min(s.described_by) AS described_by, count(*) AS study_count, sum(s.series_count) AS series_count,
      sum(s.instance_count) AS instance_count
      FROM study s WHERE ${LEVEL_SOURCES.study.visible} AND ${sql} GROUP BY s.patient_id)`,
    values,
  };
}
