import { silentLog } from '../../base/log.js';
import type { Catalog } from '../catalog.js';
import { openPostgresCatalog } from '../postgres/open-postgres-catalog.js';
import type { SiteRules } from '../sqlite/site-rules.js';

/** Opens a catalogue on PostgreSQL as `openTestCatalog` does one on SQLite. */
export function openPostgresTestCatalog({
  url,
  site,
}: {
  url: string;
  site?: Partial<SiteRules> | undefined;
}): Promise<Catalog> {
  const rules = { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 100, settings: '' };
  return openPostgresCatalog({
    ...{ url, passwordFile: undefined, log: silentLog, site: { ...rules, ...site } },
    siteName: (siteId) => `Site ${siteId}`,
    readers: 1,
  });
}
