import type { InstanceRecord } from '../change.js';
import type { AnnouncedRow } from './announced-row.js';
import type { Connection } from './database.js';
import { patientIdentity } from './patient-identity.js';

/** Of an instance `i` in SQL: the id of the first under its study key that could be read; null in release 1. */
export const FIRST_OF_STUDY_KEY = `
  (SELECT k.id FROM instance k INDEXED BY instance_study_key
   WHERE k.site_id = i.site_id AND k.study_key = i.study_key AND k.reading IS NULL ORDER BY k.id LIMIT 1)`;

/** Of what is in quarantine as `study-key`. */
export const OTHER_STUDY = 'Its study key is that of another study, or of another patient.';

/** Whose a study key is. */
interface StudyKeyHolder {
  id: number;
  StudyInstanceUID: string;
  identity: string;
}

type Keyed = Pick<AnnouncedRow, 'siteId' | 'studyKey'>;

/**
 * Prepares asking whose a site's study keys are: each is of one study and one patient, those of its first announcement along the chain that
 * could be read, also when that was withdrawn.
 */
export function prepareStudyKeys(db: Connection) {
  const under = 'INDEXED BY instance_study_key';
  const is = 'i.site_id = ? AND i.study_key = ? AND i.reading IS NULL';
  const first = db.prepare(`
    SELECT i.id, s.StudyInstanceUID, p.identity FROM instance i ${under}
      JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id JOIN patient p ON p.id = i.patient_id
    WHERE ${is} ORDER BY i.id LIMIT 1`);
  const uids = db.prepare(`SELECT DISTINCT i.SOPInstanceUID AS uid FROM instance i ${under} WHERE ${is}`);
  return {
    /** Undefined where nobody has taken it yet, and in release 1. */
    holder: ({ siteId, studyKey }: Keyed): StudyKeyHolder | undefined =>
      studyKey === undefined ? undefined : (first.get(siteId, studyKey) as StudyKeyHolder | undefined),
    isSame: (holder: StudyKeyHolder, record: InstanceRecord): boolean =>
      holder.StudyInstanceUID === record.StudyInstanceUID && holder.identity === patientIdentity(record),
    /** The SOP Instance UIDs of all that was read under it. */
    uidsOf: ({ siteId, studyKey }: Keyed): string[] =>
      (uids.all(siteId, studyKey) as { uid: string }[]).map(({ uid }) => uid),
  };
}
