import { setTimeout as delay } from 'node:timers/promises';
import type { Wrong } from './wrong.js';

const BOUND_MS = 90_000;
const PAUSE_MS = 150;

/**
 * Asks `check` again and again for what is missing still; resolves with nothing, or with what is missing after 90 s. A `check` that
 * throws counts as something that is missing.
 */
export async function missingAfter(check: () => Promise<Wrong[]>): Promise<Wrong[]> {
  const end = Date.now() + BOUND_MS;
  for (;;) {
    const missing = await check().catch((error: Error): Wrong[] => [{ what: error.message }]);
    if (missing.length === 0 || Date.now() > end) return missing;
    await delay(PAUSE_MS);
  }
}
