import type { RequestHandler } from 'express';
import type { Permission } from '../access/principal.js';

/** What a caller must be allowed to do before a route answers. `public` asks for nothing, not even for who it is. */
export type RoutePermission = 'public' | Permission;

/**
 * `ANY` is every method: what is not there yet has no other. `FILES` is GET of all that lies below the path and has no row of
 * its own; what such a handler does not find is 404 whatever the method.
 */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'ANY' | 'FILES';

/** What a route costs the server: how much of each kind one caller may have under way is bounded (`door/limit-callers.ts`). */
export type Work = 'store' | 'search' | 'other';

/** What a route is for and who may have it. A route that writes to the chain cannot be one that anybody may have. */
export type Service = {
  /** With the section of the standard where it is one of the standard: `Store (PS3.18 §10.5)`. */
  service: string;
  /** `other` unless it says. */
  work?: Work;
} & (
  | { permission: RoutePermission; writes: false }
  /** It would write to the chain, and answers 503 while nothing can be stored. */
  | { permission: 'write' | 'retire' | 'admin'; writes: true }
);

/** One row of the table of routes (`routes.ts`): all that has to be known of a URL before its handler runs. */
export type Route = Service & {
  method: Method;
  /** In Express's syntax, from the root of the server: `/dicom-web/studies/:study`. */
  path: string;
  /** What is not there answers 501, so that nobody takes a 404 for an empty archive. */
  handler: RequestHandler | 'not-implemented';
};

/** The rows of one service, each as the method, the path and the handler that it has for itself. */
export function routesOf(service: Service, rows: readonly (readonly [Method, string, Route['handler']])[]): Route[] {
  return rows.map(([method, path, handler]) => ({ ...service, method, path, handler }));
}

/** The rows of a service that is not there, whatever the method. */
export function missing(service: string, paths: readonly string[], method: Method = 'ANY'): Route[] {
  return routesOf(
    { service, permission: 'public', writes: false },
    paths.map((path) => [method, path, 'not-implemented']),
  );
}
