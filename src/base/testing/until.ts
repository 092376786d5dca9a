import { setTimeout as delay } from 'node:timers/promises';

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_PAUSE_MS = 20;

/**
 * Asks again and again until `look` gives something other than undefined and false, and resolves with it. `look` that throws counts as
 * "not yet". Rejects after `timeoutMs` (two minutes unless given) with `what`, which completes the sentence "waited in vain for …", and with
 * the last error of `look`.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, pauseMs = DEFAULT_PAUSE_MS }: { timeoutMs?: number; pauseMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeoutMs;
  for (let cause: unknown; ;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}, ${timeoutMs} ms.`, { cause });
    await delay(pauseMs);
  }
}
