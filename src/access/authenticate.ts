import type { IncomingMessage } from 'node:http';
import { LedgerError } from '../base/errors.js';
import type { Principal } from './principal.js';

/**
 * One way by which callers show who they are. It gives undefined for a request that has no credential of its kind, and throws
 * `unauthenticated` for one that is wrong, ended or revoked: such a request is not asked for by another way.
 */
export type Way = (request: IncomingMessage) => Promise<Principal | undefined>;

/** Who makes a request. Rejects with `unauthenticated` when it does not say, or not rightly. */
export type Authenticate = (request: IncomingMessage) => Promise<Principal>;

/** Asks the ways in their order; the first that knows the caller decides. `challenge` is what WWW-Authenticate tells the others. */
export function createAuthenticate(
  ways: readonly Way[],
  { challenge }: { challenge?: (request: IncomingMessage) => string } = {},
): Authenticate {
  const refused = (message: string, request: IncomingMessage, cause?: unknown): LedgerError =>
    new LedgerError('unauthenticated', message, { details: { challenge: challenge?.(request) }, cause });
  return async (request) => {
    for (const way of ways) {
      const principal = await way(request).catch((error: unknown) => {
        if (error instanceof LedgerError && error.code === 'unauthenticated')
          throw refused(error.message, request, error);
        throw error;
      });
      if (principal !== undefined) return principal;
    }
    throw refused('Nobody is logged in. Log in, or send a credential with the request.', request);
  };
}
