/** Lets what concerns one key happen one after the other, in the order in which it was asked for. */
export interface KeyedMutex<Key> {
  take(key: Key, work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is under way any more. */
  ended(): Promise<void>;
}

export function createKeyedMutex<Key>(): KeyedMutex<Key> {
  const last = new Map<Key, Promise<void>>();
  return {
    take: (key, work) => {
      const before = last.get(key) ?? Promise.resolve();
      const turn = before.catch(() => undefined).then(work);
      last.set(key, turn);
      const forget = (): void => {
        if (last.get(key) === turn) last.delete(key);
      };
      turn.then(forget, forget);
      return turn;
    },
    ended: async () => {
      await Promise.allSettled(last.values());
    },
  };
}
