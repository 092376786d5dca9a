import { LedgerError } from '../../base/errors.js';

const OTHER_KEY = 'other-key';

/**
 * What the wrong key gives: no damage, but the bytes are another key's. `corrupt` for whoever has the right one by other signs, for
 * example because it opens the header of the same image.
 */
export function otherKey(): LedgerError {
  return new LedgerError('corrupt', 'A body is encrypted under another key than the one that is held for it here.', {
    details: { reason: OTHER_KEY },
  });
}

/** Whether a body could not be opened because its key commitment is that of another key. */
export function isOtherKey(error: unknown): boolean {
  return error instanceof LedgerError && error.details['reason'] === OTHER_KEY;
}
