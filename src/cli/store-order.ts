/** What has to be done before other things, by key. */
export interface StoreOrder {
  /**
   * Resolves when the first of each of `groups` is done, and the one before in `queue`; the first of a group does not wait for
   * it. Calling it takes the turn, so call it in the order that is wanted.
   */
  take(keys: { groups: readonly string[]; queue?: string | undefined }): { turn: Promise<void>; done: () => void };
}

/**
 * Keeps as much of an order as matters while much is under way: the first of a study and of a series describe it, so all
 * others wait for them; those of one queue come one by one.
 */
export function createStoreOrder(): StoreOrder {
  const firsts = new Map<string, Promise<void>>();
  const lasts = new Map<string, Promise<void>>();
  return {
    take({ groups, queue }) {
      let done!: () => void;
      const ended = new Promise<void>((resolve) => (done = resolve));
      const before: (Promise<void> | undefined)[] = groups.map((group) => firsts.get(group));
      for (const group of groups) if (!firsts.has(group)) firsts.set(group, ended);
      if (queue !== undefined) {
        before.push(lasts.get(queue));
        lasts.set(queue, ended);
      }
      return { turn: settled(before), done };
    },
  };
}

async function settled(promises: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const promise of promises) await promise;
}
