import { namesPatient } from '../../dicom/data-set/names-patient.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { Outcome } from '../outcome.js';
import type { PartContent } from './read-part.js';

/** Refuses an instance that names a patient, where only de-identified ones are stored (`DEIDENTIFIED_ONLY`); undefined for the others. */
export function refuseNamed({ header, identity }: PartContent): Outcome | undefined {
  if (!namesPatient(header)) return undefined;
  const { SOPClassUID, SOPInstanceUID } = identity;
  return {
    kind: 'refused',
    reason: FAILURE_REASON.notAuthorized,
    message:
      'The object has PatientName (0010,0010) or PatientID (0010,0020), and PatientIdentityRemoved (0012,0062) is not YES: where this server writes ' +
      'to, all members can read it for ever. Send it de-identified. Whoever runs the server can set DEIDENTIFIED_ONLY=off.',
    ...{ SOPClassUID, SOPInstanceUID },
  };
}
