import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import type { Log } from './base/log.js';
import type { Config } from './config.js';
import type { TlsFiles } from './http/listen/read-tls.js';
import type { Metrics } from './http/operation/metrics.js';
import { openOwnerSocket } from './http/readers/open-owner-socket.js';
import { createServeReaders } from './http/readers/serve-readers.js';
import { readerGauges } from './http/operation/reader-gauges.js';
import { openReaders, type Readers } from './open-readers.js';
import { annotationsFile, catalogFile, siteRules } from './open-site-catalog.js';
import { cacheFolder, pictureThreads, type Site } from './site.js';

const MEMORY_BYTES = 32 * 1024 * 1024;

const FAILING = {
  code: 'readers-failing',
  sentence: 'Readers die again and again: see the log why. The server answers by itself what they do not.',
  stopsStoring: false,
} as const;

interface ShareReading {
  config: Config;
  tls: TlsFiles | undefined;
  count: number;
  processors: number;
}

/** Starts `count` readers. `app` answers what they pass on. */
export async function shareReading(
  { site, app, metrics, log }: { site: Site; app: RequestListener; metrics: Pick<Metrics, 'registry'>; log: Log },
  { config, tls, count, processors }: ShareReading,
): Promise<Pick<Readers, 'count' | 'take' | 'close'>> {
  const secret = randomBytes(32).toString('hex');
  const archive = createServeReaders({ shared: site.archive.shared, archive: site.archive });
  const socket = await openOwnerSocket(
    { app, archive, log, secret },
    { folder: path.join(config.DATA_DIR, 'readers') },
  );
  const readers = openReaders(
    { log, onFailing: () => site.raiseAlarm(FAILING) },
    {
      count,
      maxConnections: config.MAX_CONNECTIONS,
      order: {
        owner: { path: socket.path, secret },
        catalogFile: catalogFile(config.DATA_DIR),
        annotationsFile: annotationsFile(config.DATA_DIR),
        cacheFolder: cacheFolder(config.DATA_DIR),
        rules: siteRules(config, site.ledger.siteId),
        tls,
        publicUrl: config.PUBLIC_URL,
        maxInstanceBytes: config.MAX_INSTANCE_BYTES,
        compressesFrames: config.FRAME_COMPRESSION === 'on',
        cachedInstanceBytes: site.cachedInstanceBytes,
        memoryBytes: Math.max(1, Math.min(MEMORY_BYTES, config.CACHE_BYTES)),
        threads: pictureThreads(Math.ceil(processors / count)),
        logLevel: config.LOG_LEVEL,
      },
    },
  );
  site.onForget((imageId) => readers.forget(imageId));
  readerGauges(metrics.registry, readers);
  return {
    get count() {
      return readers.count;
    },
    take: (connection) => readers.take(connection),
    close: async () => {
      await readers.close();
      await socket.close();
    },
  };
}
