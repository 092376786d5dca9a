import type { RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import pLimit, { type LimitFunction } from 'p-limit';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { LedgerError } from '../../base/errors.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { principalOf } from '../authorize.js';
import type { Work } from '../route.js';

/** What one caller may have under way at the same time; more waits for its turn. */
const AT_ONCE: Record<Work, number> = { store: 8, search: 8, other: 64 };
/** So much of one caller may wait; a viewer asks for a hundred frames at once. */
const MAX_WAITING = 1_000;
const A_MINUTE_S = 60;
const MAX_CALLERS = 10_000;

/** Makes the limit that stands before the routes of one kind of work. */
export type LimitCallers = (work: Work) => RequestHandler;

/**
 * Bounds what one caller, which is a subject of an issuer and not an address, has under way and asks for in a minute: more waits,
 * and is `too-many-requests` when too much waits. What runs is marked as the caller's (`onBehalfOf`), by
 * which pictures are made in turn for all, and not begun when the client has gone. Whoever has the local token
 * may stop the server anyway, and is not bounded.
 */
export function createLimitCallers({ requestsPerMinute }: { requestsPerMinute: number }): LimitCallers {
  const rate = new RateLimiterMemory({ points: requestsPerMinute, duration: A_MINUTE_S });
  const lanes = new LRUCache<string, LimitFunction>({ max: MAX_CALLERS });

  const laneOf = (caller: string, work: Work): LimitFunction => {
    const key = `${work} ${caller}`;
    const lane = lanes.get(key) ?? pLimit(AT_ONCE[work]);
    lanes.set(key, lane);
    return lane;
  };

  return (work) => async (_request, response, next) => {
    const { issuer, subject, via } = principalOf(response);
    const caller = JSON.stringify([issuer, subject]);
    if (via !== 'local-token') {
      await rate.consume(caller).catch((refused: unknown) => {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        throw tooMany(`More than ${requestsPerMinute} requests in a minute`, Math.ceil(refused.msBeforeNext / 1000));
      });
      const lane = laneOf(caller, work);
      if (lane.pendingCount >= MAX_WAITING) throw tooMany(`${MAX_WAITING} requests are waiting, and one more`, 1);
      await turn(lane, response);
    }
    if (!response.closed) onBehalfOf.run({ name: caller, hasGone: () => response.closed }, next);
  };
}

/** Resolves when it is the turn of a request, which then has it until its answer ends or its client goes away. */
function turn(lane: LimitFunction, response: Response): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (response.closed) resolve();
    else response.once('close', resolve);
  });
  return new Promise((begin) => {
    void lane(async () => {
      begin();
      await ended;
    });
  });
}

function tooMany(what: string, retryAfterS: number): LedgerError {
  return new LedgerError('too-many-requests', `${what}, are too many for one caller; try again later.`, {
    details: { retryAfterS },
    retryable: true,
  });
}
