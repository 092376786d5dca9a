import type { RequestHandler, Response } from 'express';
import type { Authenticate } from '../access/authenticate.js';
import type { Principal } from '../access/principal.js';
import { LedgerError } from '../base/errors.js';
import { breakGlass, type BreakGlassDependencies } from './break-glass.js';
import type { Route } from './route.js';

export interface AuthorizeDependencies extends BreakGlassDependencies {
  authenticate: Authenticate;
}

/**
 * Lets a request to a row pass when its principal has the row's permission, else answers `forbidden`. A row that is `public`
 * does not ask who it is; one for reading sees everything in an emergency.
 */
export function authorize(dependencies: AuthorizeDependencies, { permission, service }: Route): RequestHandler {
  return async (request, response, next) => {
    if (permission !== 'public') {
      const principal = await dependencies.authenticate(request);
      // Who is refused is known by name, too.
      response.locals['principal'] = principal;
      if (!principal.permissions.has(permission))
        throw new LedgerError(
          'forbidden',
          `${service} needs the permission "${permission}", which ${principal.name} does not have; ask the operator of the server.`,
        );
      response.locals['principal'] =
        permission === 'read' ? breakGlass(dependencies, { principal, request, response }) : principal;
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
