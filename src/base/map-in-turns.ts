import { setImmediate as nextTurn } from 'node:timers/promises';

/** After so long, others have their turn. */
const TURN_MS = 5;

/** Maps a long list while others have their turns between. Rejects with the reason of `signal` when that is aborted meanwhile. */
export async function mapInTurns<T, R>(
  items: readonly T[],
  map: (item: T) => R,
  signal: AbortSignal | undefined,
): Promise<R[]> {
  const mapped: R[] = [];
  let turnAt = performance.now() + TURN_MS;
  for (const item of items) {
    mapped.push(map(item));
    if (performance.now() < turnAt) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnAt = performance.now() + TURN_MS;
  }
  return mapped;
}
