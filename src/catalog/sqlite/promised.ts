import { setImmediate as nextTurn } from 'node:timers/promises';

/** Runs work so that nothing can come between the parts of it, and turns what SQLite throws into a LedgerError. */
export type AtOnce = <T>(work: () => T) => T;

/** Makes what works at once, or in steps that do, into what a catalogue promises. */
export function createPromised(atOnce: AtOnce) {
  return {
    promised:
      <A extends unknown[], R>(work: (...parameters: A) => R) =>
      async (...parameters: A): Promise<R> =>
        atOnce(() => work(...parameters)),
    /** Others have their turn at each `yield`. */
    promisedInTurns:
      <P, R>(work: (parameters: P) => Generator<void, R>) =>
      async (parameters: P, { signal }: { signal?: AbortSignal } = {}): Promise<R> => {
        const steps = work(parameters);
        for (;;) {
          signal?.throwIfAborted();
          const step = atOnce(() => steps.next());
          if (step.done) return step.value;
          await nextTurn();
        }
      },
    promisedEach: <A extends unknown[], T>(work: (...parameters: A) => Generator<T>) =>
      async function* (...parameters: A): AsyncGenerator<T> {
        const values = work(...parameters);
        for (;;) {
          const next = atOnce(() => values.next());
          if (next.done) return;
          yield next.value;
        }
      },
  };
}
