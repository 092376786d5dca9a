import { onBehalfOf } from './on-behalf-of.js';

/** Work that waits for its turn, and for whom it is. */
interface Waiting {
  owner: string;
  begin: () => void;
}

/**
 * Runs at most `slots` pieces of work at a time, and for one owner (`onBehalfOf`) at most `slotsEach`. A slot that is free goes to
 * the owner for whom least is running, of those to the one who has waited longest: whoever asks for much waits for himself.
 */
export function createFairQueue({
  slots,
  slotsEach,
}: {
  slots: number;
  slotsEach: number;
}): <T>(work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, number>();
  const waiting: Waiting[] = [];
  let busy = 0;
  const countOf = (owner: string): number => running.get(owner) ?? 0;

  function beginNext(): void {
    if (busy >= slots) return;
    let next: Waiting | undefined;
    for (const one of waiting)
      if (countOf(one.owner) < Math.min(slotsEach, next === undefined ? slotsEach : countOf(next.owner))) next = one;
    if (next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    busy += 1;
    running.set(next.owner, countOf(next.owner) + 1);
    next.begin();
    beginNext();
  }

  function end(owner: string): void {
    busy -= 1;
    const left = countOf(owner) - 1;
    if (left === 0) running.delete(owner);
    else running.set(owner, left);
    beginNext();
  }

  return async (work) => {
    const owner = onBehalfOf.getStore()?.name ?? '';
    await new Promise<void>((begin) => {
      waiting.push({ owner, begin });
      beginNext();
    });
    try {
      return await work();
    } finally {
      end(owner);
    }
  };
}
