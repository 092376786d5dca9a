import { ATTRIBUTE_LEVELS } from '../../standard/attribute-levels.js';
import type { QueryLevel } from '../query.js';
import type { Source } from './keys-condition.js';
import { type InstancePart, partOf } from '../matching/instance-parts.js';
import { TAGS } from '../matching/tags.js';

/** Of the attributes that come with a study, those that are the patient's own (PS3.3 §C.7.1.1, §C.2). */
export const PATIENT_TAGS = ATTRIBUTE_LEVELS.patient;

interface LevelSource extends Source {
  /** Table and alias. */
  table: string;
  /** Rows that are in answers. */
  visible: string;
  /** Joins the row to the one of the level above. */
  parent: string;
  order: string;
  /** InstanceAvailability (PS3.3 §C.4.23.1.1): that of the least available instance below. */
  availability: string | undefined;
}

/** NEARLINE: its bytes are on the chain, and whoever asks for them waits until they are verified. */
const availability = (table: string) =>
  `CASE WHEN ${table}.online_count = ${table}.instance_count THEN 'ONLINE'
    WHEN ${table}.sealed_count = ${table}.instance_count THEN 'NEARLINE' ELSE 'UNAVAILABLE' END`;

/** The matching keys of the attributes of an instance. */
const KEYS_OF_PART: Record<InstancePart, string> = {
  own: 'i.own_keys',
  common: '(SELECT keys FROM shared WHERE id = i.common_id)',
  private: '(SELECT keys FROM shared WHERE id = i.private_id)',
};

/** How each level is searched. */
export const LEVEL_SOURCES: Record<QueryLevel, LevelSource> = {
  patient: {
    table: 'patient p',
    visible: 'p.instance_count > 0',
    parent: 'true',
    order: 'p.PatientID, p.identity, p.site_id',
    availability: undefined,
    keys: () => '(SELECT keys FROM section WHERE id = p.section_id)',
    section: 'p.section_id',
    columns: {
      [TAGS.PatientID]: 'p.PatientID',
      [TAGS.NumberOfPatientRelatedStudies]: 'p.study_count',
      [TAGS.NumberOfPatientRelatedSeries]: 'p.series_count',
      [TAGS.NumberOfPatientRelatedInstances]: 'p.instance_count',
    },
    lists: {},
  },
  study: {
    table: 'study s',
    visible: 's.instance_count > 0',
    parent: 's.patient_id = p.id',
    // The newest first; of those with one date and time the one that came last along the chain. No two came at one position.
    order: 's.StudyDate DESC, s.StudyTime DESC, s.since DESC, s.id DESC',
    availability: availability('s'),
    keys: () => '(SELECT keys FROM section WHERE id = s.section_id)',
    section: 's.section_id',
    columns: {
      [TAGS.StudyDate]: 's.StudyDate',
      [TAGS.AccessionNumber]: 's.AccessionNumber',
      [TAGS.PatientID]: 's.PatientID',
      [TAGS.StudyInstanceUID]: 's.StudyInstanceUID',
      [TAGS.NumberOfStudyRelatedSeries]: 's.series_count',
      [TAGS.NumberOfStudyRelatedInstances]: 's.instance_count',
    },
    lists: {
      [TAGS.ModalitiesInStudy]:
        'SELECT m.Modality AS value FROM series m WHERE m.study_id = s.id AND m.instance_count > 0',
      [TAGS.SOPClassesInStudy]: `SELECT c.SOPClassUID AS value FROM series m JOIN series_class c ON c.series_id = m.id
        WHERE m.study_id = s.id AND m.instance_count > 0`,
    },
  },
  series: {
    table: 'series r',
    visible: 'r.instance_count > 0',
    parent: 'r.study_id = s.id',
    order: 'r.SeriesNumber IS NULL, r.SeriesNumber, r.SeriesInstanceUID',
    availability: availability('r'),
    keys: () => '(SELECT keys FROM section WHERE id = r.section_id)',
    columns: {
      [TAGS.Modality]: 'r.Modality',
      [TAGS.SeriesInstanceUID]: 'r.SeriesInstanceUID',
      [TAGS.NumberOfSeriesRelatedInstances]: 'r.instance_count',
    },
    lists: {},
  },
  instance: {
    table: 'instance i',
    visible: "i.standing = 'listed'",
    parent: 'i.series_id = r.id',
    order: 'i.InstanceNumber IS NULL, i.InstanceNumber, i.SOPInstanceUID',
    availability: `CASE WHEN i.sealed_block IS NULL THEN 'UNAVAILABLE' WHEN i.is_verified = 1 THEN 'ONLINE' ELSE 'NEARLINE' END`,
    keys: (tag) => KEYS_OF_PART[partOf(tag)],
    columns: {
      [TAGS.SOPClassUID]: 'i.SOPClassUID',
      [TAGS.SOPInstanceUID]: 'i.SOPInstanceUID',
      [TAGS.AvailableTransferSyntaxUID]: 'i.transfer_syntax_uid',
    },
    lists: {},
  },
};

/** What series of one UID are ordered by, one of which is found: what is below then comes in the order of its index. */
export const ORDER_OF_ONE_SERIES = 'r.id';

/** From the outermost to the innermost. */
export const LEVEL_ORDER: QueryLevel[] = ['patient', 'study', 'series', 'instance'];
