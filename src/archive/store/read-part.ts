import { type Identity, identify } from '../../dicom/data-set/attributes.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { wrongDates } from '../../dicom/data-set/wrong-dates.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import { secondaryCapture } from '../../dicom/upload/secondary-capture.js';
import { FAILURE_REASON, type FailureReason } from '../../standard/failure-reasons.js';
import type { Outcome } from '../outcome.js';
import type { SpooledPart } from './spool.js';

/** A part that can be stored. */
export interface PartContent {
  kind: 'content';
  header: InstanceHeader;
  identity: Identity;
  warning?: { reason: FailureReason; message: string };
}

/** Reads what a spooled part is, or says why it cannot be stored. */
export async function readPart(
  part: SpooledPart,
  { patientIdIssuer }: { patientIdIssuer: string },
): Promise<PartContent | Outcome> {
  const result =
    part.mediaType === 'application/dicom'
      ? await scanPart10(part.bytes, { dataSetSha256: part.dataSetSha256 })
      : await secondaryCapture(part.bytes, {
          ...part.image,
          mediaType: part.mediaType,
          PatientID: part.image?.PatientID ?? '',
          // Lists show names: so that it is seen whose image is whose.
          PatientName: part.image?.PatientName ?? part.image?.PatientID,
          IssuerOfPatientID: patientIdIssuer || undefined,
          StudyInstanceUID: part.image?.StudyInstanceUID ?? part.StudyInstanceUID,
        });
  if (result.kind === 'refused') {
    const { kind, message, ...ids } = result;
    return {
      ...ids,
      kind,
      message,
      reason: result.reason === 'cannot-understand' ? FAILURE_REASON.cannotUnderstand : FAILURE_REASON.dataSetMismatch,
    };
  }
  const identity = identify(result.header);
  const { SOPClassUID, SOPInstanceUID, StudyInstanceUID } = identity;
  if (part.StudyInstanceUID !== undefined && part.StudyInstanceUID !== StudyInstanceUID) {
    const message = `The instance belongs to study ${StudyInstanceUID}; send it to /studies or to that study's URL.`;
    return { kind: 'refused', reason: FAILURE_REASON.dataSetMismatch, message, SOPClassUID, SOPInstanceUID };
  }
  const [first] = [...result.warnings, ...wrongDates(result.header)];
  return {
    kind: 'content',
    header: result.header,
    identity,
    ...(first !== undefined && { warning: { reason: FAILURE_REASON.dataSetWarning, message: first } }),
  };
}
