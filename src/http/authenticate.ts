import type { Request, RequestHandler } from 'express';
import { LedgerError } from '../base/errors.js';
import type { Permission, Route } from './route.js';

/** On whose behalf a request is made, and what that one may do. */
export interface Principal {
  /** A name for logs and records; no credential. */
  subject: string;
  permissions: ReadonlySet<Permission>;
}

/** Where a principal comes from. Whoever cannot be told from the request is an error that it throws. */
export type Authenticate = (request: Request) => Principal | Promise<Principal>;

const EVERYBODY: Principal = {
  subject: 'everybody',
  permissions: new Set<Permission>(['public', 'read', 'write', 'retire', 'audit', 'admin']),
};

/** There is no login yet: whoever reaches the server may do everything. */
export const authenticate: Authenticate = () => EVERYBODY;

/**
 * Lets a request to a row pass when its principal has the row's permission, else answers `forbidden`. A row that is `public`
 * does not ask who it is.
 */
export function authorize({ permission, service }: Route, authenticate: Authenticate): RequestHandler {
  return async (request, _response, next) => {
    if (permission !== 'public') {
      const { subject, permissions } = await authenticate(request);
      if (!permissions.has(permission))
        throw new LedgerError(
          'forbidden',
          `${service} needs the permission "${permission}", which ${subject} does not have; ask the operator of the server.`,
        );
    }
    next();
  };
}
