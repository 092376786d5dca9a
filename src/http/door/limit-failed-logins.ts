import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Authenticate } from '../../access/authenticate.js';
import { isLoopback } from '../../base/is-loopback.js';
import { LedgerError } from '../../base/errors.js';
import type { ClientOf } from '../../access/client-of.js';

/** So many different credentials may be wrong, from one address, in a minute. */
const MAX_FAILURES = 30;
const WITHIN_S = 60;
const MAX_REMEMBERED = 10_000;

/**
 * Asks `authenticate`, but not for an address from which too many wrong credentials came: then `too-many-requests`. The same one
 * again counts once (a session that has ended, a key that was revoked), and one that was right is asked for all the same, since a
 * hospital has one address for all. Programs of this machine are not counted.
 */
export function limitFailedLogins(authenticate: Authenticate, { clientOf }: { clientOf: ClientOf }): Authenticate {
  const failures = new RateLimiterMemory({ points: MAX_FAILURES, duration: WITHIN_S });
  const right = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  const wrong = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  return async (request) => {
    const { address } = clientOf(request);
    if (isLoopback(address)) return authenticate(request);
    const credential = digestOf(request);
    if (credential === undefined) return authenticate(request);
    const counted = await failures.get(address);
    if (counted !== null && counted.remainingPoints <= 0 && !right.has(credential))
      throw new LedgerError('too-many-requests', 'Too many logins from this address have failed; try again later.', {
        details: { retryAfterS: Math.ceil(counted.msBeforeNext / 1000) },
        retryable: true,
      });
    try {
      const principal = await authenticate(request);
      right.set(credential, true);
      return principal;
    } catch (error) {
      right.delete(credential);
      const isWrong = error instanceof LedgerError && error.code === 'unauthenticated';
      if (isWrong && !wrong.has(credential)) {
        wrong.set(credential, true);
        await failures.penalty(address);
      }
      throw error;
    }
  };
}

/** Of everything by which the request says who it is, without keeping it; undefined when that is nothing. */
function digestOf({ headers: { authorization, cookie } }: IncomingMessage): string | undefined {
  if (authorization === undefined && cookie === undefined) return undefined;
  return hash('sha256', `${authorization ?? ''}\n${cookie ?? ''}`, 'base64');
}
