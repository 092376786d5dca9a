import { ATTRIBUTE_LEVELS } from '../../standard/attribute-levels.js';
import type { QueryLevel } from '../catalog.js';
import type { Source } from './key-condition.js';

/** Attributes that an answer has when nothing else is asked for. */
interface Defaults {
  /** Returned always, empty when not known: tag → VR. */
  required: Record<string, string>;
  /** Returned when known. */
  known: string[];
}

/** PS3.18 Tables 10.6.3-3 to -5 and, for patients, the same at their level; UIDs, counts and lists are computed. */
export const DEFAULTS: Record<QueryLevel, Defaults> = {
  patient: {
    required: { '00100010': 'PN', '00100020': 'LO', '00100030': 'DA', '00100040': 'CS' },
    known: ['00100021', '00201200', '00201202', '00201204'],
  },
  study: {
    required: {
      '00080020': 'DA',
      '00080030': 'TM',
      '00080050': 'SH',
      '00080061': 'CS',
      '00080090': 'PN',
      '00100010': 'PN',
      '00100020': 'LO',
      '00100030': 'DA',
      '00100040': 'CS',
      '00200010': 'SH',
    },
    known: ['00080062', '00081030', '00201206', '00201208'],
  },
  series: {
    required: { '00080060': 'CS', '00200011': 'IS', '00400244': 'DA', '00400245': 'TM', '00400275': 'SQ' },
    known: ['0008103E', '00201209'],
  },
  instance: {
    required: { '00200013': 'IS' },
    known: ['00080016', '00083002', '00280008', '00280010', '00280011', '00280100'],
  },
};

/** What is shown of RequestAttributesSequence (0040,0275) when no more is asked for. */
export const DEFAULT_ITEMS: Record<string, string[]> = { '00400275': ['00400009', '00401001'] };

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
  /** InstanceAvailability: that of the least available instance below (PS3.3 §C.4.23.1.1). */
  availability: string | undefined;
}

const availability = (table: string) =>
  `CASE WHEN ${table}.sealed_count = ${table}.instance_count THEN 'ONLINE' ELSE 'UNAVAILABLE' END`;

/** How each level is searched. */
export const SOURCES: Record<QueryLevel, LevelSource> = {
  patient: {
    table: 'patient p',
    visible: 'p.instance_count > 0',
    parent: '1',
    order: 'p.PatientID, p.patient_key',
    availability: undefined,
    keys: '(SELECT keys FROM section WHERE id = p.section_id)',
    section: 'p.section_id',
    columns: {
      '00100020': 'p.PatientID',
      '00201200': 'p.study_count',
      '00201202': 'p.series_count',
      '00201204': 'p.instance_count',
    },
    lists: {},
  },
  study: {
    table: 'study s',
    visible: 's.instance_count > 0',
    parent: 's.patient_id = p.id',
    // The newest first; of those with one date and time the one that came last.
    order: 's.StudyDate DESC, s.StudyTime DESC, s.id DESC',
    availability: availability('s'),
    keys: '(SELECT keys FROM section WHERE id = s.section_id)',
    section: 's.section_id',
    columns: {
      '00080020': 's.StudyDate',
      '00080050': 's.AccessionNumber',
      '00100020': 's.PatientID',
      '0020000D': 's.StudyInstanceUID',
      '00201206': 's.series_count',
      '00201208': 's.instance_count',
    },
    lists: {
      '00080061': 'SELECT m.Modality AS value FROM series m WHERE m.study_id = s.id AND m.instance_count > 0',
      '00080062': `SELECT c.SOPClassUID AS value FROM series m JOIN series_class c ON c.series_id = m.id
        WHERE m.study_id = s.id AND m.instance_count > 0`,
    },
  },
  series: {
    table: 'series r',
    visible: 'r.instance_count > 0',
    parent: 'r.study_id = s.id',
    order: 'r.SeriesNumber IS NULL, r.SeriesNumber, r.SeriesInstanceUID',
    availability: availability('r'),
    keys: '(SELECT keys FROM section WHERE id = r.section_id)',
    columns: {
      '00080060': 'r.Modality',
      '0020000E': 'r.SeriesInstanceUID',
      '00201209': 'r.instance_count',
    },
    lists: {},
  },
  instance: {
    table: 'instance i',
    visible: 'i.removed_block IS NULL',
    parent: 'i.series_id = r.id',
    order: 'i.InstanceNumber IS NULL, i.InstanceNumber, i.SOPInstanceUID',
    availability: `CASE WHEN i.sealed_block IS NULL THEN 'UNAVAILABLE' ELSE 'ONLINE' END`,
    keys: 'i.keys',
    columns: {
      '00080016': 'i.SOPClassUID',
      '00080018': 'i.SOPInstanceUID',
      '00083002': 'i.transfer_syntax_uid',
    },
    lists: {},
  },
};

/** From the outermost to the innermost. */
export const LEVEL_ORDER: QueryLevel[] = ['patient', 'study', 'series', 'instance'];
