import express, { type Express, type RequestHandler } from 'express';
import type { Config } from '../config.js';
import { basePathOf } from '../base/base-path.js';
import { LedgerError } from '../base/errors.js';
import { createClientOf } from '../access/client-of.js';
import { ACCOUNTS_PATH } from '../access/accounts/accounts-path.js';
import { belowPath } from './door/below-path.js';
import { cors } from './door/cors.js';
import { below, inRow } from './door/in-row.js';
import { createLimitCallers } from './door/limit-callers.js';
import { limitFailedLogins } from './door/limit-failed-logins.js';
import { protectiveHeaders, varyByCaller } from './door/protective-headers.js';
import { followProxies } from './door/follow-proxies.js';
import { refuseOtherPages, type PageOrigins } from './door/refuse-other-pages.js';
import { requireOwnHost, type HostNames } from './door/require-own-host.js';
import { countStores } from './operation/metrics.js';
import { DICOMWEB_PATH, SITES_PATH } from './message/dicomweb-root.js';
import { observe } from './operation/observe.js';
import { singleSlashes } from './door/single-slashes.js';
import { createTakeTurns } from './door/take-turns.js';
import { problemHandler } from './problem-handler.js';
import { routerOf, type RouterOptions } from './router-of.js';
import { routes, type RouteDependencies } from './routes.js';

export interface HttpAppParts
  extends
    Omit<RouteDependencies, 'uploadOptions' | 'compressesFrames'>,
    Omit<RouterOptions, 'root' | 'limitCallers' | 'takeTurns' | 'clientOf' | 'archive' | 'audit'> {
  config: HostNames &
    PageOrigins &
    Pick<
      Config,
      'MAX_INSTANCE_BYTES' | 'REQUESTS_PER_MINUTE' | 'TRUST_PROXY' | 'BEHIND_TLS_PROXY' | 'FRAME_COMPRESSION'
    >;
  /** How long a client may send nothing while the server waits for it; 60 s unless told. */
  idleMs?: number;
}

const DICOMWEB_ROOTS = [DICOMWEB_PATH, SITES_PATH];
/** What pages of other origins may read and store: those, and the URI service (PS3.18 §9). */
const OPEN_PATHS = [...DICOMWEB_ROOTS, '/wado'];
/** What lies below these is of the services alone; the viewer's files are looked for elsewhere only. */
const SERVICE_ROOTS = [...DICOMWEB_ROOTS, '/ledger', '/access'];

/** The whole HTTP side: the table of routes, and what every request goes through before and after its row. */
export function createHttpApp(parts: HttpAppParts): Express {
  const { config, log, metrics } = parts;
  const table = routes({
    ...parts,
    compressesFrames: config.FRAME_COMPRESSION === 'on',
    archive: countStores(parts.archive, metrics),
    uploadOptions: {
      publicUrl: config.PUBLIC_URL,
      maxInstanceBytes: config.MAX_INSTANCE_BYTES,
      ...(parts.idleMs !== undefined && { idleMs: parts.idleMs }),
    },
  });
  const files = table.filter(({ method }) => method === 'FILES');
  const others = table.filter(({ method }) => method !== 'FILES');
  const rowsBelow = (root: string) => others.filter(({ path }) => path.startsWith(`${root}/`));
  const atTop = others.filter(({ path }) => !SERVICE_ROOTS.some((root) => path.startsWith(`${root}/`)));

  const clientOf = createClientOf(config);
  const options = {
    ...parts,
    clientOf,
    authenticate: limitFailedLogins(parts.authenticate, { clientOf }),
    limitCallers: createLimitCallers({ requestsPerMinute: config.REQUESTS_PER_MINUTE }),
    takeTurns: createTakeTurns(),
  };
  const app = express();
  app.disable('x-powered-by');
  // Every route makes its own validator or none.
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');

  const openTo = (root: string): RequestHandler =>
    below(
      [root],
      inRow([
        cors(config.CORS_ORIGINS, [...others.filter(({ path }) => path === root), ...rowsBelow(root)]),
        (_request, response, next) => {
          response.vary('Accept');
          next();
        },
      ]),
    );
  app.use(
    inRow([
      observe(log, metrics),
      belowPath(basePathOf(config.PUBLIC_URL)),
      singleSlashes,
      protectiveHeaders,
      below(SERVICE_ROOTS, varyByCaller),
      followProxies(clientOf),
      requireOwnHost(config),
      ...OPEN_PATHS.map(openTo),
      refuseOtherPages(config, { except: ACCOUNTS_PATH }),
    ]),
  );
  for (const root of SERVICE_ROOTS) app.use(root, routerOf(rowsBelow(root), { ...options, root }));
  app.use(routerOf(atTop, { ...options, root: '' }));
  app.use(SERVICE_ROOTS, (request) => notFound(request.method));
  app.use(routerOf(files, { ...options, root: '' }));
  app.use((request) => notFound(request.method));
  app.use(problemHandler(log));
  return app;
}

function notFound(method: string): never {
  throw new LedgerError('not-found', `There is nothing to ${method} at this URL; see the README for those that exist.`);
}
