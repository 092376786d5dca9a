import { LedgerError } from '../../base/errors.js';

/** Of an instance that was found and is not there any more. */
export const takenBack = (SOPInstanceUID: string): LedgerError =>
  new LedgerError(
    'unavailable',
    `A reorganisation of the chain has just taken ${SOPInstanceUID} back; ask again in a moment.`,
    { retryable: true },
  );
