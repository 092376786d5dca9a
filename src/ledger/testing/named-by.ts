import { randomBytes } from 'node:crypto';
import { toHex, type Hex } from '../ethereum/hex.js';
import type { ImageNames } from '../ledger.js';

/** Image ID and names of release 1; the patient key is random unless given. */
export function namedBy(
  imageKey: Hex,
  patientKey = toHex(randomBytes(32)),
): { imageId: Hex; names: ImageNames & { release: 1 } } {
  return { imageId: imageKey, names: { release: 1, imageKey, patientKey } };
}
