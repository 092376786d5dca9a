import type { RequestHandler, Response } from 'express';
import type { Authenticate } from '../access/authenticate.js';
import type { Principal } from '../access/principal.js';
import { LedgerError } from '../base/errors.js';
import type { Route } from './route.js';

/**
 * Lets a request to a row pass when its principal has the row's permission, else answers `forbidden`. A row that is `public`
 * does not ask who it is.
 */
export function authorize({ permission, service }: Route, authenticate: Authenticate): RequestHandler {
  return async (request, response, next) => {
    if (permission !== 'public') {
      const principal = await authenticate(request);
      // Who is refused is known by name, too.
      response.locals['principal'] = principal;
      if (!principal.permissions.has(permission))
        throw new LedgerError(
          'forbidden',
          `${service} needs the permission "${permission}", which ${principal.name} does not have; ask the operator of the server.`,
        );
    }
    next();
  };
}

/** Who makes the request that `response` answers, on every row that is not `public`. */
export function principalOf(response: Response): Principal {
  const principal = response.locals['principal'] as Principal | undefined;
  if (principal === undefined) throw new LedgerError('internal', 'A public route asked who its caller is.');
  return principal;
}
