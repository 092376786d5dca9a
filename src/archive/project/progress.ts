import type { BlockRef } from '../../ledger/ethereum/block-ref.js';

/** How far the follower has projected, and who waits for it. */
export interface Progress {
  /** The last block that was applied. */
  readonly head: BlockRef | undefined;
  /** The follower calls it after each block or rollback. */
  advance(head: BlockRef): void;
  /** Something else in the catalogue has changed: whoever waits looks again. */
  changed(): void;
  /** How many changes there were. */
  readonly changeCount: number;
  /** Resolves with the first value other than undefined that `check` gives, now or after a later change. */
  until<T>(check: () => T | undefined, signal?: AbortSignal): Promise<T>;
}

export function createProgress(): Progress {
  let head: BlockRef | undefined;
  let changeCount = 0;
  const waiting = new Set<() => void>();
  const changed = (): void => {
    changeCount++;
    for (const look of [...waiting]) look();
  };
  const until: Progress['until'] = (check, signal) =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(look);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const look = (): void => {
        try {
          const value = check();
          if (value === undefined) return;
          leave();
          resolve(value);
        } catch (error) {
          leave();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(look);
      look();
    });
  return {
    get head() {
      return head;
    },
    advance: (to) => {
      head = to;
      changed();
    },
    changed,
    get changeCount() {
      return changeCount;
    },
    until,
  };
}
