import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Log } from './base/log.js';
import type { Config } from './config.js';
import type { TlsFiles } from './http/listen/read-tls.js';
import { openOwnerSocket } from './http/readers/open-owner-socket.js';
import { createServeReaders } from './http/readers/serve-readers.js';
import { openReaders, type Readers } from './open-readers.js';
import { readersOf } from './reading-settings.js';
import { annotationsFile, cacheFolder, catalogFile, pictureThreads, siteRules, type Site } from './site.js';

const MEMORY_BYTES = 32 * 1024 * 1024;

const GIVEN_UP = {
  code: 'readers-stopped',
  sentence: 'Readers die again and again, and the server answers all by itself: see the log why, and start it anew.',
  stopsStoring: false,
} as const;

/** Starts the readers that the settings ask for; undefined for none. `app` answers what they pass on. */
export async function shareReading(
  { site, app, log }: { site: Site; app: RequestListener; log: Log },
  { config, tls }: { config: Config; tls: TlsFiles | undefined },
): Promise<Readers | undefined> {
  const processors = availableParallelism();
  const count = readersOf(config.READERS, processors);
  if (count === 0) return undefined;
  const secret = randomBytes(32).toString('hex');
  const archive = createServeReaders({ shared: site.archive.shared, archive: site.archive });
  const socket = await openOwnerSocket(
    { app, archive, log, secret },
    { folder: path.join(config.DATA_DIR, 'readers') },
  );
  const readers = openReaders(
    { log, onGivenUp: () => site.raiseAlarm(GIVEN_UP) },
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
  site.onForget((imageKey) => readers.forget(imageKey));
  return {
    get count() {
      return readers.count;
    },
    take: (connection) => readers.take(connection),
    forget: (imageKey) => readers.forget(imageKey),
    close: async () => {
      await readers.close();
      await socket.close();
    },
  };
}
