import { setTimeout as delay } from 'node:timers/promises';
import { createAnnouncements } from '../../../src/archive/project/announcements.js';
import { startFollower } from '../../../src/archive/project/follower.js';
import { createIssuers } from '../../../src/archive/project/issuers.js';
import { createProgress } from '../../../src/archive/project/progress.js';
import { startReader } from '../../../src/archive/project/reader.js';
import { silentLog } from '../../../src/base/log.js';
import type { Catalog } from '../../../src/catalog/catalog.js';
import { openCatalog } from '../../../src/catalog/sqlite/open-catalog.js';
import type { HeaderReader } from '../../../src/dicom/metadata/open-header-reader.js';
import type { Ledger } from '../../../src/ledger/ledger.js';
import { accountOf } from './block-events.js';
import { pseudonyms } from './header-pool.js';
import { ISSUERS, OWN_SITE } from './history.js';
import type { SimulatedChain } from './simulated-chain.js';
import { noSecrets } from '../../../src/archive/testing/no-secrets.js';

const RETRY_MS = { first: 1, most: 2 };
const LABEL_RULES = [{ label: 'mr', when: { Modality: ['MR'] } }];

/** What a server has of its chain: catalogue, follower and reader, as it opens them. */
export interface HistorySite {
  catalog: Catalog;
  /** Resolves when the catalogue has the head of the chain. */
  caughtUp(): Promise<void>;
  /** Resolves when it has, and nothing waits to be read. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export function openHistorySite(
  { chain, headers }: { chain: SimulatedChain; headers: HeaderReader },
  files: { file: string; annotationsFile: string },
): HistorySite {
  const ledger = {
    siteId: OWN_SITE,
    account: accountOf(OWN_SITE),
    follow: (options) => chain.follow(options),
    readBody: (body) => chain.readBody(body),
  } as Pick<Ledger, 'siteId' | 'account' | 'follow' | 'readBody'> as Ledger;
  const catalog = openCatalog({
    ...files,
    site: { siteId: OWN_SITE, siteOrder: [3], additions: [], retirementsPerHour: 2, settings: '' },
    siteName: (siteId) => `Site ${siteId}`,
  });
  const log = silentLog;
  const progress = createProgress();
  const issuers = createIssuers(ISSUERS);
  const { annotations } = catalog;
  const announcements = createAnnouncements({
    ...{ ledger, headers, secrets: noSecrets, pseudonyms, issuers, annotations, labelRules: LABEL_RULES, log },
  });
  const follower = startFollower({ ledger, catalog, announcements, progress, log }, { retryMs: RETRY_MS });
  const reader = startReader({ ledger, catalog, announcements, progress, log }, { retryMs: RETRY_MS });
  const caughtUp = async (): Promise<void> => {
    const { hash } = chain.head.block;
    await progress.until(() => progress.head?.hash === hash || undefined);
  };
  return {
    catalog,
    caughtUp,
    settled: async () => {
      await caughtUp();
      while (catalog.projection.backlog().waiting > 0) {
        // What could not be had is looked for again at once.
        progress.changed();
        await delay(1);
      }
    },
    close: async () => {
      await follower.close();
      await reader.close();
      await catalog.close();
    },
  };
}
