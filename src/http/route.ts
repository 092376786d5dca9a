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

/** What is told of a service to whoever writes a client for it (PS3.18 §H); nothing is checked by it. */
export interface Described {
  /** Media types of the payload that a request has. */
  takes?: readonly string[];
  /** Media types of the answers, the default first; none where there is no payload. */
  gives?: readonly string[];
  /** Names of query parameters. */
  query?: readonly string[];
}

/**
 * What a route is for, who may have it, and what is recorded of it. A route that writes to the chain cannot be one that anybody may
 * have, and one that reads or writes images is recorded.
 */
export type Service = {
  /** With the section of the standard where it is one of the standard: `Store (PS3.18 §10.5)`. */
  service: string;
  /** `other` unless it says. */
  work?: Work;
} & Described &
  (
    | { permission: Exclude<RoutePermission, 'read' | 'write' | 'retire'>; writes: false; audit: RouteAudit }
    | { permission: 'read' | 'write' | 'retire'; writes: false; audit: PatientUse }
    /** The files of the viewer have no patient in them. */
    | { permission: 'read'; writes: false; audit: 'none'; service: 'The viewer' }
    | {
        permission: 'read';
        writes: false;
        audit: 'emergency' | 'emergency-ended' | 'none';
        service: 'Emergency access';
      }
    /** It would write to the chain, and answers 503 while nothing can be stored. */
    | { permission: 'write' | 'retire' | 'admin'; writes: true; audit: PatientUse }
  );

/** One row of the table of routes (`routes.ts`): all that has to be known of a URL before its handler runs. */
export type Route = Service & {
  method: Method;
  /** In Express's syntax, from the root of the server: `/dicom-web/studies/:study`. */
  path: string;
  /** As PS3.18 Table H-1 calls it, without spaces: `StoreInstances`; else it is named after method and path. */
  transaction?: string;
  /** What is not there answers 501, so that nobody takes a 404 for an empty archive. */
  handler: RequestHandler | 'not-implemented';
};

/** What answers one request from the archive, of which it gets what the caller may see and nothing else. */
export type Answer = (
  archive: Archive,
  call: UploadOptions & { request: Request; response: Response; caller: Principal },
) => Promise<void>;

/** What one row has for itself; the name of its transaction only where the standard has one that path and method do not tell. */
type Row = readonly [Method, string, Route['handler'], transaction?: string];

/** The rows of one service, each as the method, the path and the handler that it has for itself. */
export function routesOf(service: Service, rows: readonly Row[]): Route[] {
  return rows.map(([method, path, handler, transaction]) => ({
    ...service,
    method,
    path,
    handler,
    ...(transaction !== undefined && { transaction }),
  }));
}

/** Methods of resources, in the order in which Allow names them, before HEAD and OPTIONS. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const satisfies readonly Method[];

/** The rows of resources: no files of the viewer, and nothing that is not there. */
export function resourceRows(rows: readonly Route[]): Route[] {
  return rows.filter(({ method, handler }) => handler !== 'not-implemented' && METHODS.some((one) => one === method));
}

/** A path without its last place, and that place. */
function lastPlace(path: string): { parent: string; last: string } {
  const end = path.lastIndexOf('/');
  return { parent: path.slice(0, end), last: path.slice(end + 1) };
}

/** `/studies/count` is no study, whatever the method: what has a name of its own goes before what has a parameter in its place. */
export function namedFirst(rows: readonly Route[]): { named: Route[]; others: Route[] } {
  const places = rows.map(({ path }) => lastPlace(path));
  const haveParameter = new Set(places.filter(({ last }) => last.startsWith(':')).map(({ parent }) => parent));
  const isNamed = ({ path }: Route): boolean => {
    const { parent, last } = lastPlace(path);
    return !/^[:*]/.test(last) && haveParameter.has(parent);
  };
  return { named: rows.filter(isNamed), others: rows.filter((row) => !isNamed(row)) };
}

/** What Allow says of each path that is a resource; `asked` when OPTIONS is answered there too. */
export function allowedMethods(rows: readonly Route[], asked: boolean): Map<string, string[]> {
  const { named, others } = namedFirst(resourceRows(rows));
  const resources = [...named, ...others];
  return new Map(
    resources.map(({ path }) => {
      const allowed: string[] = METHODS.filter((one) =>
        resources.some((row) => row.path === path && row.method === one),
      );
      return [path, [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : []), ...(asked ? ['OPTIONS'] : [])]];
    }),
  );
}

/** The rows of a service that is not there, whatever the method. */
export function missing(service: string, paths: readonly string[], method: Method = 'ANY'): Route[] {
  return routesOf(
    { service, permission: 'public', writes: false, audit: 'none' },
    paths.map((path) => [method, path, 'not-implemented']),
  );
}
