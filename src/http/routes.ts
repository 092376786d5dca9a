import express, { type Express } from 'express';
import type { Archive } from '../archive/archive.js';
import type { Config } from '../config.js';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { corsFor } from './cors.js';
import { healthRoutes, type Readiness } from './operation/health.js';
import { imageRoutes } from './uploads/images.js';
import { networkRoutes, type NetworkReport } from './ledger/ledger-network.js';
import { ledgerRoutes } from './ledger/ledger-records.js';
import { countStores, metricsRoutes, type Metrics } from './operation/metrics.js';
import { notImplementedRoutes, refuse } from './not-implemented.js';
import { observe } from './operation/observe.js';
import { problemHandler } from './problem.js';
import { qidoRoutes } from './qido/qido.js';
import { DICOMWEB_PATH } from './message/request-url.js';
import { storeGate, type StoringStopped } from './store-gate.js';
import { stowRoutes } from './stow/stow.js';
import { viewerRoutes } from './viewer/viewer.js';
import { wadoRoutes } from './wado-routes.js';

export interface HttpAppParts {
  archive: Archive;
  config: Pick<Config, 'PUBLIC_URL' | 'CORS_ORIGINS' | 'MAX_INSTANCE_BYTES'>;
  log: Log;
  readiness: () => Promise<Readiness>;
  network: () => Promise<NetworkReport>;
  /** Why nothing is stored just now; undefined while all is well. */
  storingStopped: () => StoringStopped | undefined;
  metrics: Metrics;
  /** Where the prebuilt viewer lies; it may be absent. */
  viewerFolder: string;
}

/** The whole HTTP side: every URL of the server. */
export function createHttpApp(parts: HttpAppParts): Express {
  const { archive, config, log, readiness, metrics, viewerFolder } = parts;
  const app = express();
  const counted = countStores(archive, metrics);
  const options = { publicUrl: config.PUBLIC_URL, maxInstanceBytes: config.MAX_INSTANCE_BYTES };
  app.disable('x-powered-by');
  // Every route makes its own validator or none.
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');

  app.use(observe(log, metrics));
  app.use((_request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    next();
  });
  app.use(healthRoutes(readiness));
  app.use(metricsRoutes(metrics));
  app.use('/ledger', networkRoutes(parts.network));
  app.use(DICOMWEB_PATH, corsFor(config.CORS_ORIGINS), (_request, response, next) => {
    response.vary('Accept');
    next();
  });
  app.use(DICOMWEB_PATH, notImplementedRoutes());
  app.use(storeGate(parts.storingStopped));
  app.use('/ledger', ledgerRoutes(archive));
  app.use(DICOMWEB_PATH, stowRoutes(counted, options));
  app.use(DICOMWEB_PATH, imageRoutes(counted, options));
  app.use(DICOMWEB_PATH, qidoRoutes(archive, options));
  app.use(DICOMWEB_PATH, wadoRoutes(archive, options));
  app.all('/wado', () => refuse('The URI service (PS3.18 §9)'));
  app.use([DICOMWEB_PATH, '/ledger'], (request) => notFound(request.method));
  app.use(viewerRoutes({ viewerFolder }));
  app.use((request) => notFound(request.method));
  app.use(problemHandler(log));
  return app;
}

function notFound(method: string): never {
  throw new LedgerError('not-found', `There is nothing to ${method} at this URL; see the README for those that exist.`);
}
