import { Router, type RequestHandler } from 'express';
import { LedgerError } from '../base/errors.js';
import { beginRow, watchRow, type WatchDependencies } from './audit/watch-row.js';
import { authorize, type AuthorizeDependencies } from './authorize.js';
import { allowedMethods, type Method, namedFirst, type Route } from './route.js';
import type { LimitCallers } from './door/limit-callers.js';
import { storeGate, type StoringStopped } from './store-gate.js';

/** Express's names. */
const REGISTER = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  DELETE: 'delete',
  OPTIONS: 'options',
  ANY: 'all',
  FILES: 'use',
} as const satisfies Record<Method, keyof Router>;

const SLASH = 0x2f;

export interface RouterOptions extends AuthorizeDependencies, WatchDependencies {
  /** Where the router is mounted; the paths of all rows begin with it. */
  root: string;
  limitCallers: LimitCallers;
  /** Where requests that read wait for their turn. */
  takeTurns: RequestHandler;
  /** Why nothing is stored just now; undefined while all is well. */
  storingStopped: () => StoringStopped | undefined;
}

/**
 * The router of the rows below `root`. A request is watched for the audit, passes the permission of its row, then the gate if the row writes, then
 * waits for its caller's turn, all before a byte of its body is read, and reaches the handler, if its client is still there. A method that a path does not have is 405 with Allow.
 */
export function routerOf(rows: readonly Route[], options: RouterOptions): RequestHandler {
  const { root, limitCallers, takeTurns, storingStopped } = options;
  const register: { path: string; at: (router: Router) => void }[] = [];
  const allowed = allowedMethods(
    rows,
    rows.some(({ method }) => method === 'OPTIONS'),
  );
  const { named, others } = namedFirst(rows);
  for (const row of [...named, ...others]) {
    const { handler: given, service, path } = row;
    const handler = given === 'not-implemented' ? refuseService(service, allowed.get(path) ?? []) : given;
    const gate = row.writes ? [storeGate(storingStopped)] : [];
    const limit = row.permission === 'public' ? [] : [limitCallers(row.work ?? 'other')];
    const before = [watchRow(row, options), authorize(options, row), ...gate, ...limit, ...beginRow(row, options)];
    if (!row.writes && row.permission !== 'public') before.push(takeTurns);
    const own = row.path.slice(root.length);
    const isOpen = row.method === 'FILES';
    register.push({ path: isOpen ? '*' : own, at: (router) => router[REGISTER[row.method]](own, ...before, handler) });
    if (named.findLast((other) => other.path === path) === row) {
      const refuse = exceptOptions(refuseMethod(allowed.get(path) ?? []));
      register.push({ path: own, at: (router) => router.all(own, refuse) });
    }
  }
  // After all rows: that of OPTIONS is for everything below the DICOMweb root.
  for (const [path, methods] of allowed) {
    const own = path.slice(root.length);
    register.push({ path: own, at: (router) => router.all(own, refuseMethod(methods)) });
  }
  return byDepth(register);
}

/**
 * A router for each number of segments, which has the rows that such a path can match, in their order: with all rows in one, each
 * request would be compared with most of them.
 */
function byDepth(rows: readonly { path: string; at: (router: Router) => void }[]): RequestHandler {
  const isOpen = ({ path }: { path: string }): boolean => /[*{]/.test(path);
  const deepest = Math.max(0, ...rows.map(({ path }) => depthOf(path)));
  const routers = Array.from({ length: deepest + 2 }, (_, depth) => {
    const router = Router({ caseSensitive: true });
    for (const row of rows) if (isOpen(row) || depthOf(row.path) === depth) row.at(router);
    return router;
  });
  return (request, response, next) => routers[Math.min(depthOf(request.path), deepest + 1)]?.(request, response, next);
}

/** How many segments a path has; a slash at its end begins none. */
function depthOf(path: string): number {
  let depth = 0;
  for (let at = 0; at < path.length - 1; at++) if (path.charCodeAt(at) === SLASH) depth++;
  return depth;
}

const exceptOptions =
  (handler: RequestHandler): RequestHandler =>
  (request, response, next) =>
    request.method === 'OPTIONS' ? next() : handler(request, response, next);

function refuseService(service: string, allowed: readonly string[]): RequestHandler {
  return () => {
    throw new LedgerError('not-implemented', `${service} is not there yet; the conformance statement lists what is.`, {
      details: { allow: allowed },
    });
  };
}

function refuseMethod(allowed: readonly string[]): RequestHandler {
  return ({ method }) => {
    throw new LedgerError(
      'method-not-allowed',
      `${method} is not possible here; this resource knows ${allowed.join(', ')}.`,
      { details: { allow: allowed } },
    );
  };
}
