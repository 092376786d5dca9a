import { LedgerError } from '../base/errors.js';
import { routesOf, type Method, type Route } from './route.js';

/** The rows of a service that is not there: they answer 501, so that nobody takes a 404 for an empty archive. */
export function notImplemented(service: string, paths: readonly string[], method: Method = 'ANY'): Route[] {
  const refuse = (): never => {
    throw new LedgerError('not-implemented', `${service} is not there yet; the conformance statement lists what is.`);
  };
  return routesOf(
    { service, permission: 'public', writes: false },
    paths.map((path) => [method, path, refuse]),
  );
}
