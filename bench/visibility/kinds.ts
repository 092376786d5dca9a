import type { Study } from './studies.js';

/** One kind of search: what is asked when this study is looked for, and which studies are found. */
export interface Kind {
  path: (study: Study) => string;
  isFound: (found: Study, study: Study) => boolean;
  /** How many results each study that is found gives; for patients, undefined. */
  each: number | undefined;
}

const yearOf = ({ StudyDate }: Study): string => StudyDate.slice(0, 4);
const familyOf = ({ PatientName }: Study): string => PatientName.split('^')[0]!;

/** The mix, each kind as often as every other. */
export const KINDS: Record<string, Kind> = {
  'the work list: all studies, first 25': { path: () => '/studies?limit=25', isFound: () => true, each: 1 },
  '… its third page': { path: () => '/studies?limit=25&offset=50', isFound: () => true, each: 1 },
  "a day's studies": {
    path: ({ StudyDate }) => `/studies?StudyDate=${StudyDate}&limit=25`,
    isFound: (found, { StudyDate }) => found.StudyDate === StudyDate,
    each: 1,
  },
  "a year's studies": {
    path: (study) => `/studies?StudyDate=${yearOf(study)}0101-${yearOf(study)}1231&limit=25`,
    isFound: (found, study) => yearOf(found) === yearOf(study),
    each: 1,
  },
  "one patient's studies": {
    path: ({ PatientID }) => `/studies?PatientID=${PatientID}`,
    isFound: (found, { PatientID }) => found.PatientID === PatientID,
    each: 1,
  },
  'a family name': {
    path: (study) => `/studies?PatientName=${encodeURIComponent(familyOf(study))}*&limit=25`,
    isFound: (found, study) => familyOf(found) === familyOf(study),
    each: 1,
  },
  'an accession number': {
    path: ({ AccessionNumber }) => `/studies?AccessionNumber=${AccessionNumber}`,
    isFound: (found, { AccessionNumber }) => found.AccessionNumber === AccessionNumber,
    each: 1,
  },
  'a modality in the study': {
    path: ({ Modality }) => `/studies?ModalitiesInStudy=${Modality}&limit=25`,
    isFound: (found, { Modality }) => found.Modality === Modality,
    each: 1,
  },
  'a word of the description': {
    path: () => '/studies?StudyDescription=*Knee*&limit=25',
    isFound: ({ StudyDescription }) => StudyDescription.includes('Knee'),
    each: 1,
  },
  "a study's series": {
    path: ({ StudyInstanceUID }) => `/studies/${StudyInstanceUID}/series`,
    isFound: (found, { number }) => found.number === number,
    each: 1,
  },
  "a study's instances": {
    path: ({ StudyInstanceUID }) => `/studies/${StudyInstanceUID}/instances`,
    isFound: (found, { number }) => found.number === number,
    each: 2,
  },
  'all instances, first 25': { path: () => '/instances?limit=25', isFound: () => true, each: 2 },
  'one instance by UID': {
    path: ({ number }) => `/instances?SOPInstanceUID=1.2.5.${2 * number}`,
    isFound: (found, { number }) => found.number === number,
    each: 1,
  },
  'all patients, first 25': { path: () => '/patients?limit=25', isFound: () => true, each: undefined },
};

/** How many results there are in studies that are seen. */
export function totalOf({ isFound, each }: Kind, study: Study, seen: readonly Study[]): number {
  const found = seen.filter((one) => isFound(one, study));
  return each === undefined ? new Set(found.map(({ PatientID }) => PatientID)).size : each * found.length;
}
