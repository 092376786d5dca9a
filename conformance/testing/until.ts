import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until `check` holds; one that throws counts as "not yet". Rejects after `timeoutMs`. */
export async function until(check: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Not so after ${timeoutMs} ms: ${check.toString()}`);
    await delay(20);
  }
}
