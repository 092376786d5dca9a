import { type Asker, onBehalfOf } from './on-behalf-of.js';

interface Kept<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): unknown;
}

/** For whom something is being made: undefined is the server itself. */
interface Askers {
  all: (Asker | undefined)[];
  /** All of them had gone when that was last asked: what is made may have been dropped. */
  isGivenUp: boolean;
}

/**
 * Makes values that are kept: gives what is there under a key, or what is being made for somebody else, else what `make` makes. What fails,
 * and what is undefined, is not kept. It is made on behalf of all who ask for it meanwhile: they have gone once each of them has.
 */
export function createMakeOnce<T>(
  kept: Kept<T>,
): <M extends T | undefined>(key: string, make: () => Promise<M>) => Promise<M> {
  const coming = new Map<string, { askers: Askers; making: Promise<T | undefined> }>();
  return async <M extends T | undefined>(key: string, make: () => Promise<M>): Promise<M> => {
    const there = kept.get(key);
    if (there !== undefined) return there as M;
    const asker = onBehalfOf.getStore();
    const joined = coming.get(key);
    if (joined !== undefined && !joined.askers.isGivenUp) {
      joined.askers.all.push(asker);
      return joined.making as Promise<M>;
    }
    const askers: Askers = { all: [asker], isGivenUp: false };
    const hasGone = (): boolean => (askers.isGivenUp ||= askers.all.every((one) => one?.hasGone() === true));
    const making = asker === undefined ? make() : onBehalfOf.run({ name: asker.name, hasGone }, make);
    const one = { askers, making };
    coming.set(key, one);
    try {
      const made = await making;
      if (made !== undefined) kept.set(key, made);
      return made;
    } finally {
      if (coming.get(key) === one) coming.delete(key);
    }
  };
}
