import type { Choices } from './choices.js';
import { randomText, withoutSurrogates } from './random-text.js';

const NAMES = (
  'PatientName PatientID StudyDate StudyTime AccessionNumber ModalitiesInStudy StudyInstanceUID SOPInstanceUID Modality ' +
  'StudyDescription SeriesDescription PatientBirthDate InstanceNumber AcquisitionDateTime ImageComments Rows ' +
  '00100010 00080020 00204000 00081140.00204000 ReferencedImageSequence.ImageComments RequestAttributesSequence.ScheduledProcedureStepID ' +
  '00081140.00081140.00081140.00204000 00091001 7FE00010 00080005 00080056 SpecificCharacterSet NumberOfStudyRelatedInstances ' +
  'limit offset includefield fuzzymatching emptyvaluematching multiplevaluematching orderby accept charset __proto__ constructor toString hasOwnProperty'
).split(' ');

const VALUES = [
  '',
  '*',
  '?',
  '*a*',
  'a*a*a*a*b',
  '20000101-20301231',
  '0000-2359',
  '-',
  '1',
  '0',
  'true',
  'all',
  'CT',
  'CT,MR',
  '1.2.3',
  'Muster^*',
  '""',
  'a\\b\\',
  '-StudyDate,PatientName,Rows',
];

/** A query string: keys that exist and some that do not, with values that are mostly hostile. */
export function randomQuery(random: Choices, most = 40_000): string {
  const one = (): string => {
    const name = random.once(10) ? randomText(random, 80) : random.pick(NAMES);
    const value = random.once(2) ? random.pick(VALUES) : randomText(random, random.once(10) ? most : 300);
    const fuzzy = random.once(6) ? '&fuzzymatching=true' : '';
    return `${escaped(random, name)}=${escaped(random, value)}${fuzzy}`;
  };
  const count = random.once(30) ? random.magnitude(1500) + 1 : random.whole(1, 6);
  return Array.from({ length: count }, one).join('&').slice(0, most);
}

/** Escaped as it should be, or not at all, or in part. */
function escaped(random: Choices, text: string): string {
  const safe = withoutSurrogates(text);
  if (random.once(8)) return safe.replace(/[^\x21-\x7e]|[#&]/g, '%41');
  return encodeURIComponent(safe);
}
