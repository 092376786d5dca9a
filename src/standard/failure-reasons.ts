/**
 * Why an instance was not stored: Failure Reason (0008,1197), PS3.18 Table I.2-2; or stored with a warning: Warning Reason
 * (0008,1196), PS3.18 Table I.2-1. Of a range of codes (`A7xx`) the first one is used. 0111 and 0124 are of PS3.7 Annex C,
 * which PS3.18 §I.2.2 leaves open to use.
 */
export const FAILURE_REASON = {
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  notAuthorized: 0x0124,
  outOfResources: 0xa700,
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
  /** The one warning. */
  dataSetWarning: 0xb007,
} as const;

export type FailureReason = (typeof FAILURE_REASON)[keyof typeof FAILURE_REASON];

/** What the standard calls each of them. */
export const FAILURE_REASON_MEANING: Record<FailureReason, string> = {
  0x0110: 'Processing failure',
  0x0111: 'Duplicate SOP Instance',
  0x0124: 'Refused: Not authorized',
  0xa700: 'Refused out of Resources',
  0xa900: 'Error: Data Set does not match SOP Class',
  0xc000: 'Error: Cannot understand',
  0xb007: 'Data Set does not match SOP Class',
};
