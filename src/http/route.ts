import type { Request, RequestHandler, Response } from 'express';
import type { Permission, Principal } from '../access/principal.js';
import type { Archive } from '../archive/archive.js';
import type { AuditKind } from '../audit/audit-kinds.js';
import type { UploadOptions } from './stow/store-instances.js';

/** What a caller must be allowed to do before a route answers. `public` asks for nothing, not even for who it is. */
export type RoutePermission = 'public' | Permission;

/**
 * `ANY` is every method: what is not there yet has no other. `FILES` is GET of all that lies below the path and has no row of
 * its own; what such a handler does not find is 404 whatever the method.
 */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'ANY' | 'FILES';

/** What a route costs the server: how much of each kind one caller may have under way is bounded (`door/limit-callers.ts`). */
export type Work = 'store' | 'search' | 'other';

/** How the use of patient data is recorded. */
export type PatientUse = Extract<
  AuditKind,
  'access' | 'query' | 'transfer' | 'import' | 'export' | 'delete' | 'procedure-record'
>;

/** What is recorded of a route; `none` where no patient's data and nobody's rights are touched. */
export type RouteAudit =
  | PatientUse
  | Extract<AuditKind, 'security' | 'emergency' | 'emergency-ended' | 'login' | 'logout' | 'audit-log-used'>
  | 'none';

/**
 * What a route is for, who may have it, and what is recorded of it. A route that writes to the chain cannot be one that anybody may
 * have, and one that reads or writes images is recorded.
 */
export type Service = {
  /** With the section of the standard where it is one of the standard: `Store (PS3.18 §10.5)`. */
  service: string;
  /** `other` unless it says. */
  work?: Work;
} & (
  | { permission: Exclude<RoutePermission, 'read' | 'write' | 'retire'>; writes: false; audit: RouteAudit }
  | { permission: 'read' | 'write' | 'retire'; writes: false; audit: PatientUse }
  /** The files of the viewer have no patient in them. */
  | { permission: 'read'; writes: false; audit: 'none'; service: 'The viewer' }
  | { permission: 'read'; writes: false; audit: 'emergency' | 'emergency-ended' | 'none'; service: 'Emergency access' }
  /** It would write to the chain, and answers 503 while nothing can be stored. */
  | { permission: 'write' | 'retire' | 'admin'; writes: true; audit: PatientUse }
);

/** One row of the table of routes (`routes.ts`): all that has to be known of a URL before its handler runs. */
export type Route = Service & {
  method: Method;
  /** In Express's syntax, from the root of the server: `/dicom-web/studies/:study`. */
  path: string;
  /** What is not there answers 501, so that nobody takes a 404 for an empty archive. */
  handler: RequestHandler | 'not-implemented';
};

/** What answers one request from the archive, of which it gets what the caller may see and nothing else. */
export type Answer = (
  archive: Archive,
  call: UploadOptions & { request: Request; response: Response; caller: Principal },
) => Promise<void>;

/** The rows of one service, each as the method, the path and the handler that it has for itself. */
export function routesOf(service: Service, rows: readonly (readonly [Method, string, Route['handler']])[]): Route[] {
  return rows.map(([method, path, handler]) => ({ ...service, method, path, handler }));
}

/** The rows of a service that is not there, whatever the method. */
export function missing(service: string, paths: readonly string[], method: Method = 'ANY'): Route[] {
  return routesOf(
    { service, permission: 'public', writes: false, audit: 'none' },
    paths.map((path) => [method, path, 'not-implemented']),
  );
}
