import { LedgerError } from '../../base/errors.js';

/** What a site may send within an hour: some large letters, or some thousand small ones. */
const BYTES_PER_HOUR = 128 * 1024 * 1024;
/** A letter of whatever length costs a look at the chain and a decryption. */
const LEAST_BYTES = 64 * 1024;
const HOUR_MS = 3_600_000;

/** Bounds what one site has taken in here, so that it cannot keep this server busy. Only what it has signed counts. */
export interface LetterBudget {
  /** Throws `too-many-requests` when that is more than a site may send in an hour. */
  spend(siteId: number, byteCount: number): void;
}

/** A budget for each site, which is whole again after an hour. */
export function createLetterBudget(now: () => number = Date.now): LetterBudget {
  const hours = new Map<number, { since: number; bytes: number }>();
  return {
    spend: (siteId, byteCount) => {
      const known = hours.get(siteId);
      const hour = known && now() < known.since + HOUR_MS ? known : { since: now(), bytes: 0 };
      const cost = Math.max(byteCount, LEAST_BYTES);
      if (hour.bytes + cost > BYTES_PER_HOUR)
        throw new LedgerError(
          'too-many-requests',
          `Site ${siteId} has sent ${hour.bytes} bytes of letters within the hour, and ${byteCount} more are too many; try again later.`,
          { retryable: true, details: { retryAfterS: Math.ceil((hour.since + HOUR_MS - now()) / 1000) } },
        );
      hour.bytes += cost;
      hours.set(siteId, hour);
    },
  };
}
