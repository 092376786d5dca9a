/**
 * Why an instance was not stored: Failure Reason (0008,1197), PS3.18 Table I.2-2; or stored with a warning: Warning Reason
 * (0008,1196), PS3.18 Table I.2-1. Of a range of codes (`A7xx`) the first one is used. 0111 and 0124 are of PS3.7 Annex C,
 * which PS3.18 §I.2.2 leaves open to use.
 */
export const FAILURE_REASON = {
  /** Processing failure. */
  processingFailure: 0x0110,
  /** Duplicate SOP Instance. */
  duplicateSopInstance: 0x0111,
  /** Refused: Not authorized. */
  notAuthorized: 0x0124,
  /** Refused out of Resources. */
  outOfResources: 0xa700,
  /** Error: Data Set does not match SOP Class. */
  dataSetMismatch: 0xa900,
  /** Error: Cannot understand. */
  cannotUnderstand: 0xc000,
  /** Coercion of Data Elements: a warning, of an instance whose study is shown with another patient. */
  coercion: 0xb000,
  /** Data Set does not match SOP Class: a warning. */
  dataSetWarning: 0xb007,
} as const;

export type FailureReason = (typeof FAILURE_REASON)[keyof typeof FAILURE_REASON];
