import type { Catalog } from '../../catalog/catalog.js';
import type { Identity } from '../../dicom/data-set/attributes.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import type { Alarm } from '../../ledger/ledger.js';
import type { PartContent } from './read-part.js';

/** By what a patient is known; '' for what is not said. */
export type PatientIdentity = Pick<Identity, 'PatientID' | 'IssuerOfPatientID'>;

/** Whose a study of this site is by the catalogue; undefined for one that is not there. */
export type PatientOfStudy = (StudyInstanceUID: string) => Promise<PatientIdentity | undefined>;

const PATIENT_ID = '00100020';
const ISSUER = '00100021';

export function createPatientOfStudy({
  catalog,
  siteId,
}: {
  catalog: Pick<Catalog, 'seenBy'>;
  siteId: number;
}): PatientOfStudy {
  const own = catalog.seenBy('everything', siteId);
  return async (StudyInstanceUID) => {
    const { matches } = await own.search({
      level: 'study',
      StudyInstanceUID,
      match: [{ path: ['0020000D'], vr: 'UI', values: [StudyInstanceUID] }],
      include: [[ISSUER]],
      fuzzy: false,
      limit: 1,
      offset: 0,
    });
    const [study] = matches;
    return study && { PatientID: textOf(study[PATIENT_ID]), IssuerOfPatientID: textOf(study[ISSUER]) };
  };
}

/** Whether two say different things; what one of them leaves out is no difference. */
export function isOtherPatient(a: PatientIdentity, b: PatientIdentity): boolean {
  const differs = (keyword: keyof PatientIdentity): boolean =>
    a[keyword] !== '' && b[keyword] !== '' && a[keyword].trim() !== b[keyword].trim();
  return differs('PatientID') || differs('IssuerOfPatientID');
}

export const OTHER_PATIENT_ALARM: Alarm = {
  code: 'two-patients',
  sentence:
    'An instance was stored into a study of another patient: look at the Warning of the store, and DELETE what is in the wrong place.',
  stopsStoring: false,
};

/** The content with the warning that its study is another patient's: the instance is found by its own PatientID, the study by the other's. */
export function withOtherPatient(content: PartContent): PartContent {
  const message = 'The study has instances of another PatientID or issuer; whose it is has to be looked at.';
  const more = content.warning === undefined ? '' : ` ${content.warning.message}`;
  return { ...content, warning: { reason: FAILURE_REASON.coercion, message: `${message}${more}` } };
}

function textOf(element: DicomJson[string] | undefined): string {
  const [value = ''] = element?.Value ?? [];
  return typeof value === 'string' ? value : '';
}
