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
export function routerOf(rows: readonly Route[], options: RouterOptions): Router {
  const { root, limitCallers, takeTurns, storingStopped } = options;
  const router = Router({ caseSensitive: true });
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
    router[REGISTER[row.method]](row.path.slice(root.length), ...before, handler);
    if (named.findLast((other) => other.path === path) === row)
      router.all(path.slice(root.length), exceptOptions(refuseMethod(allowed.get(path) ?? [])));
  }
  // After all rows: that of OPTIONS is for everything below the DICOMweb root.
  for (const [path, methods] of allowed) router.all(path.slice(root.length), refuseMethod(methods));
  return router;
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
