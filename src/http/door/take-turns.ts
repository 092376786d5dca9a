import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { onBehalfOf } from '../../base/on-behalf-of.js';

/** How long requests are begun one after another, at least and at most, before all else that is ready has its turn. */
const TURN_MS = { least: 1, most: 25 };

export interface TurnOptions {
  /** Milliseconds; of the process unless told. */
  now?: () => number;
}

/**
 * Makes the door at which requests that read wait for their turn of the event loop, whatever they wait for. One turn begins as many of them
 * as its time allows, of each caller (`onBehalfOf`) one after another; then all else that is ready has its turn, a step of each store
 * too, and the next turn of the readers is as long as that took, within bounds. So a step of a store waits for some milliseconds and not
 * for all viewers, and while much is stored, viewers have half of the time. A client that has gone meanwhile is seen, and not answered.
 */
export function createTakeTurns({ now = () => performance.now() }: TurnOptions = {}): RequestHandler {
  /** By caller, who are in the order of their turns. */
  const waiting = new Map<string, (() => void)[]>();
  let isRunning = false;

  const beginNext = (): void => {
    for (const [caller, requests] of waiting) {
      const begin = requests.shift();
      waiting.delete(caller);
      if (requests.length > 0) waiting.set(caller, requests);
      return begin?.();
    }
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    for (let endedAt = Infinity; waiting.size > 0; endedAt = now()) {
      await nextTurn();
      const begunAt = now();
      const turnMs = Math.min(Math.max((begunAt - endedAt) / 2, TURN_MS.least), TURN_MS.most);
      do {
        beginNext();
        // What a request does without waiting for anything belongs to its turn.
        await new Promise<void>((resolve) => process.nextTick(resolve));
      } while (waiting.size > 0 && now() - begunAt < turnMs);
    }
    isRunning = false;
  };

  return async (_request, response, next) => {
    const caller = onBehalfOf.getStore()?.name ?? '';
    await new Promise<void>((begin) => {
      const requests = waiting.get(caller);
      if (requests) requests.push(begin);
      else waiting.set(caller, [begin]);
      if (!isRunning) void run();
    });
    if (!response.destroyed) next();
  };
}
