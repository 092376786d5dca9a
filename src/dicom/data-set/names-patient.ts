import { dataSetOf, elementOf, textOf } from './data-set.js';
import type { InstanceHeader } from './instance-header.js';
import { trimEnd } from './trim-end.js';

const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const PATIENT_IDENTITY_REMOVED = 0x00120062;

/**
 * Whether an instance names a patient: PatientName (0010,0010) or PatientID (0010,0020) has a value, and PatientIdentityRemoved (0012,0062)
 * does not say YES (PS3.3 §C.7.1.1, PS3.15 §E.1). A value that is too long for a header is one, too.
 */
export function namesPatient(header: Pick<InstanceHeader, 'dataSet' | 'transferSyntaxUID' | 'bulk'>): boolean {
  const dataSet = dataSetOf(header);
  if (trimEnd(textOf(dataSet, PATIENT_IDENTITY_REMOVED), '\0').trim() === 'YES') return false;
  return [PATIENT_NAME, PATIENT_ID].some((tag) => {
    const path = tag.toString(16).padStart(8, '0').toUpperCase();
    if (header.bulk.some((value) => value.path.split('/', 1)[0] === path)) return true;
    const element = elementOf(dataSet, tag);
    // Delimiters alone are no name (PS3.5 §6.2, PN).
    return (
      element !== undefined && (element.items !== undefined || /[^\0 ^=\\]/.test(element.value.toString('latin1')))
    );
  });
}
