interface Kept<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): unknown;
}

/**
 * Makes values that are kept: gives what is there under a key, or what is being made for somebody else, else what `make` makes. What fails,
 * and what is undefined, is not kept.
 */
export function createMakeOnce<T>(
  kept: Kept<T>,
): <M extends T | undefined>(key: string, make: () => Promise<M>) => Promise<M> {
  const coming = new Map<string, Promise<T | undefined>>();
  return async <M extends T | undefined>(key: string, make: () => Promise<M>): Promise<M> => {
    const there = kept.get(key) ?? coming.get(key);
    if (there !== undefined) return there as M | Promise<M>;
    const making = make();
    coming.set(key, making);
    try {
      const made = await making;
      if (made !== undefined) kept.set(key, made);
      return made;
    } finally {
      coming.delete(key);
    }
  };
}
