import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'undici';
import { LedgerError } from '../base/errors.js';
import { problemOf } from './call-server.js';

const LONGEST_WAIT_MS = 60_000;
const USUAL_WAIT_MS = 5_000;

/** What `patiently` waits for: a server that cannot now. */
export async function unavailable(response: Response): Promise<LedgerError> {
  const retryAfterS = Number(response.headers.get('Retry-After') ?? NaN);
  return new LedgerError('unavailable', await problemOf(response), {
    retryable: true,
    details: Number.isFinite(retryAfterS) ? { retryAfterS } : {},
  });
}

/**
 * Tries again what fails with a retryable error, after `details.retryAfterS` (at most a minute; 5 s where it is not
 * told), as long as `patienceMs` after the first time lets it. Rejects with the last error.
 */
export async function retry<T>(patienceMs: number, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LedgerError) || !error.retryable) throw error;
      const { retryAfterS } = error.details;
      const waitMs = typeof retryAfterS === 'number' ? Math.min(retryAfterS * 1000, LONGEST_WAIT_MS) : USUAL_WAIT_MS;
      if (Date.now() + waitMs > end) throw error;
      await sleep(waitMs);
    }
  }
}
