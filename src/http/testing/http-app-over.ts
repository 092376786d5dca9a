import type { Express } from 'express';
import { accessInMemory } from '../../access/testing/access-in-memory.js';
import { letWhoeverIn } from '../../access/testing/whoever.js';
import { auditInMemory } from '../../audit/testing/audit-in-memory.js';
import type { Archive } from '../../archive/archive.js';
import { readConfig } from '../../config.js';
import { silentLog } from '../../base/log.js';
import { openWorklist } from '../../worklist/open-worklist.js';
import { createMetrics } from '../operation/metrics.js';
import { createHttpApp, type HttpAppParts } from '../create-http-app.js';

interface Settings {
  publicUrl?: string;
  maxInstanceBytes?: number;
  idleMs?: number;
  frameCompression?: 'on' | 'off';
}

/** The whole HTTP side over an archive that knows only what a test asks of it. */
export function httpAppOver(archive: Archive, settings: Settings = {}): Express {
  return createHttpApp(httpPartsOver(archive, settings));
}

/** What that one is made of. */
export function httpPartsOver(
  archive: Archive,
  { publicUrl, maxInstanceBytes = 1000, idleMs, frameCompression = 'off' }: Settings = {},
): HttpAppParts {
  const network = async (): Promise<never> => {
    throw new Error('This application has no chain.');
  };
  return {
    archive,
    audit: auditInMemory(),
    worklist: openWorklist({ file: ':memory:' }),
    access: accessInMemory(),
    authenticate: letWhoeverIn(),
    config: {
      ...readConfig({}),
      PUBLIC_URL: publicUrl,
      MAX_INSTANCE_BYTES: maxInstanceBytes,
      FRAME_COMPRESSION: frameCompression,
    },
    log: silentLog,
    readiness: async () => ({ ready: true, reasons: [], warnings: [] }),
    network,
    storingStopped: () => undefined,
    onBrokenGlass: () => undefined,
    metrics: createMetrics({ network, alarmCodes: [] }),
    viewerFolder: '/nonexistent',
    ...(idleMs !== undefined && { idleMs }),
  };
}
