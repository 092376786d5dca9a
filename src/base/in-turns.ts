import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that yields every now and then, and could be left alone for a while wherever it does. */
export type Work<T> = Generator<void, T>;

const TURN_MS = 10;

/** Does the work to its end, with a turn for others each 10 ms. */
export async function inTurns<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const until = performance.now() + TURN_MS;
    while (performance.now() < until) {
      const step = work.next();
      if (step.done) return step.value;
    }
    await nextTurn();
  }
}

/** Does the work to its end, at once. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
