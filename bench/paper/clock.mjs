import { setTimeout as delay } from 'node:timers/promises';

/** Starts a clock; each call of what it returns gives the milliseconds since. */
export function startClock() {
  const begun = performance.now();
  return () => performance.now() - begun;
}

/** Asks again every `pauseMs` until the answer is not undefined, and returns it. Throws after `timeoutMs`. */
export async function until(ask, { pauseMs, timeoutMs = 600_000, what }) {
  const elapsed = startClock();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (elapsed() > timeoutMs) throw new Error(`${what} has not happened within ${timeoutMs} ms.`);
    await delay(pauseMs);
  }
}
