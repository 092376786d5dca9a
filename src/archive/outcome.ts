import type { ErrorCode } from '../errors.js';

/** PS3.18 Annex I.2.2 and PS3.7 Annex C: why one instance was not stored, or was stored with a warning. */
export const reason = {
  /** Processing failure; here also: the instance was retired. */
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  notAuthorized: 0x0124,
  outOfResources: 0xa700,
  /** Data set does not match SOP class: a required attribute is missing or invalid, or the study is not that of the URL. */
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
  /** Warning: elements do not match; here: (0002,0003) differs from (0008,0018). */
  dataSetWarning: 0xb007,
} as const;

export type Reason = (typeof reason)[keyof typeof reason];

/** What became of one part of a STOW-RS request. A value, never thrown. */
export type Outcome =
  | {
      kind: 'stored';
      StudyInstanceUID: string;
      SeriesInstanceUID: string;
      SOPInstanceUID: string;
      SOPClassUID: string;
      /** Of the bytes that were sent, hex. */
      sha256: string;
      /** Nothing was written: the same content was there. */
      alreadyThere: boolean;
      warning?: { reason: Reason; message: string };
    }
  | {
      kind: 'refused';
      reason: Reason;
      /** A sentence with the next step, without patient attributes. */
      message: string;
      /** Of the error that refused it; undefined when the instance itself is at fault. */
      code?: ErrorCode;
      /** Both are known, or the part is unidentifiable and is answered in Other Failures Sequence (0008,119A). */
      SOPClassUID?: string;
      SOPInstanceUID?: string;
    };
