/**
 * Titles of a Key Object Selection Document that reject what it names (IHE RAD TF-1 §36, Imaging Object Change Management; PS3.16 CID
 * 7010), all of the coding scheme DCM, with their meanings.
 */
const REJECTIONS: Partial<Record<string, string>> = {
  '113001': 'Rejected for Quality Reasons',
  '113037': 'Rejected for Patient Safety Reasons',
  '113038': 'Incorrect Modality Worklist Entry',
  '113039': 'Data Retention Policy Expired',
};

/** Why something is retired that is rejected by this code: `Rejected for Quality Reasons (113001, DCM)`; undefined for another code. */
export function rejectionReason({ code, scheme }: { code: string; scheme: string }): string | undefined {
  const meaning = scheme === 'DCM' ? REJECTIONS[code] : undefined;
  return meaning && `${meaning} (${code}, DCM)`;
}
