import { LedgerError } from '../../base/errors.js';
import type { FoundInstance } from '../archive.js';

/** Throws `unavailable` for an instance whose pieces are not all on the chain yet. */
export function requireSealed({ state, SOPInstanceUID }: Pick<FoundInstance, 'state' | 'SOPInstanceUID'>): void {
  if (state !== 'announced') return;
  throw new LedgerError(
    'unavailable',
    `The bytes of ${SOPInstanceUID} are still on their way to the chain; ask again in a moment.`,
    { retryable: true },
  );
}
