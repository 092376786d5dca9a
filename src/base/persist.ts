import { setTimeout as delay } from 'node:timers/promises';

export interface PersistOptions {
  /** Of the pauses between two tries: each is twice as long as the one before. */
  retryMs: { first: number; most: number };
  signal: AbortSignal;
  /** Called after each failure, with the pause that follows. */
  onFailure: (error: unknown, retryMs: number) => void;
}

/** Does work again until it succeeds; false when the signal ended that before. */
export async function persist(
  work: () => Promise<unknown>,
  { retryMs: { first, most }, signal, onFailure }: PersistOptions,
): Promise<boolean> {
  for (let retryMs = first; !signal.aborted; retryMs = Math.min(2 * retryMs, most)) {
    try {
      await work();
      return true;
    } catch (error) {
      if (signal.aborted) break;
      onFailure(error, retryMs);
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
  return false;
}
