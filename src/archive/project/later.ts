/** What could not be done, and is not to be tried again before its time. */
export interface Later<K> {
  /** Puts off by `first` milliseconds, and by twice as much each time again, at most by `most`. */
  postpone(key: K): void;
  /** Those whose time has not come. */
  postponed(): K[];
  forget(key: K): void;
}

export function createLater<K>({ first, most }: { first: number; most: number }): Later<K> {
  const times = new Map<K, { at: number; waitMs: number }>();
  return {
    postpone: (key) => {
      const waitMs = Math.min(most, 2 * (times.get(key)?.waitMs ?? first / 2));
      times.set(key, { at: Date.now() + waitMs, waitMs });
    },
    postponed: () => [...times].filter(([, { at }]) => at > Date.now()).map(([key]) => key),
    forget: (key) => {
      times.delete(key);
    },
  };
}
