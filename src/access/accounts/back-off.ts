import { LRUCache } from 'lru-cache';
import { LedgerError } from '../../base/errors.js';

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 300_000;
const KEPT_MS = 86_400_000;
const MAX_NAMES = 10_000;

/**
 * Slows down guessing. After five failures under one name each further one makes that name wait, 1 s and then twice as long each time,
 * up to 5 minutes: 300 guesses a day. Nobody is locked out for ever, since then anybody could lock out anybody. Names that do not
 * exist wait as well, so that this tells nobody which ones do.
 */
export interface BackOff {
  /** Throws `too-many-requests` while `name` has to wait. Counts a failure unless `succeeded` is called after it. */
  begin(name: string): { succeeded(): void };
}

export function createBackOff({ now = Date.now }: { now?: () => number } = {}): BackOff {
  const failures = new LRUCache<string, { count: number; waitsUntil: number }>({ max: MAX_NAMES, ttl: KEPT_MS });
  return {
    begin: (name) => {
      const before = failures.get(name);
      const waitMs = (before?.waitsUntil ?? 0) - now();
      if (waitMs > 0) {
        const retryAfterS = Math.ceil(waitMs / 1000);
        throw new LedgerError(
          'too-many-requests',
          `The password was wrong too often; wait ${retryAfterS} s and try again.`,
          { details: { retryAfterS }, retryable: true },
        );
      }
      // Counted before the password is looked at, so that guesses at the same time count too.
      const count = (before?.count ?? 0) + 1;
      const waits = count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES));
      failures.set(name, { count, waitsUntil: now() + waits });
      return { succeeded: () => void failures.delete(name) };
    },
  };
}
