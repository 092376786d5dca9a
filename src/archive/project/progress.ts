import type { BlockRef } from '../../ledger/ethereum/block-ref.js';

/** How far the follower has projected, and who waits for it. */
export interface Progress {
  /** The last block that was applied. */
  readonly head: BlockRef | undefined;
  /** The follower calls it after each block or rollback. */
  advance(head: BlockRef): void;
  /** Resolves with the first value other than undefined that `check` gives, now or after a later block. */
  until<T>(check: () => T | undefined, signal?: AbortSignal): Promise<T>;
}

export function createProgress(): Progress {
  let head: BlockRef | undefined;
  const waiting = new Set<() => void>();
  return {
    get head() {
      return head;
    },
    advance: (to) => {
      head = to;
      for (const look of [...waiting]) look();
    },
    until: (check, signal) =>
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
      }),
  };
}
