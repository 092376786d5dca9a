import type { Catalog } from '../../catalog/catalog.js';
import type { LabelRule } from '../../catalog/label-rules.js';
import type { HeaderReader } from '../../dicom/metadata/open-header-reader.js';
import { type Log, silentLog } from '../../base/log.js';
import type { Ledger } from '../../ledger/ledger.js';
import { createAnnouncements } from '../project/announcements.js';
import { type FollowerOptions, startFollower } from '../project/follower.js';
import { createIssuers } from '../project/issuers.js';
import { createProgress, type Progress } from '../project/progress.js';
import { type Reader, startReader } from '../project/reader.js';
import { testPseudonyms } from './event-maker.js';
import { noSecrets } from './no-secrets.js';

/** A follower and a reader, as a site has them. */
export interface Following {
  progress: Progress;
  reader: Reader;
  close: () => Promise<void>;
}

export function startFollowing(
  {
    ledger,
    catalog,
    headers,
    labelRules = [],
    log = silentLog,
  }: { ledger: Ledger; catalog: Catalog; headers: HeaderReader; labelRules?: readonly LabelRule[]; log?: Log },
  options: Partial<FollowerOptions> = {},
): Following {
  const progress = createProgress();
  const issuers = createIssuers(new Map());
  const { annotations } = catalog;
  const reading = {
    ledger,
    headers,
    secrets: noSecrets,
    pseudonyms: testPseudonyms,
    issuers,
    annotations,
    labelRules,
    log,
  };
  const announcements = createAnnouncements(reading);
  const retryMs = { first: 1, most: 2 };
  const follower = startFollower({ ledger, catalog, announcements, progress, log }, { retryMs, ...options });
  const reader = startReader({ ledger, catalog, announcements, progress, log }, { retryMs });
  return {
    ...{ progress, reader },
    close: async () => {
      await follower.close();
      await reader.close();
    },
  };
}
