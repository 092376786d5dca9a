import path from 'node:path';
import type { Log } from './base/log.js';
import type { Catalog } from './catalog/catalog.js';
import { openCatalog } from './catalog/sqlite/open-catalog.js';
import type { SiteRules } from './catalog/sqlite/site-rules.js';
import type { Config } from './config.js';
import type { Ledger } from './ledger/ledger.js';

export const catalogFile = (dataFolder: string): string => path.join(dataFolder, 'catalog.sqlite');
export const annotationsFile = (dataFolder: string): string => path.join(dataFolder, 'annotations.sqlite');

/** What a site decides for itself of its catalogue. */
export function siteRules(config: Config, siteId: number): SiteRules {
  const { SITE_ORDER, SHOW_ADDITIONS, RETIREMENTS_PER_HOUR, ISSUERS, MAX_HEADER_BYTES } = config;
  return {
    siteId,
    siteOrder: SITE_ORDER,
    additions: SHOW_ADDITIONS,
    retirementsPerHour: RETIREMENTS_PER_HOUR,
    settings: JSON.stringify([[...ISSUERS].sort(), MAX_HEADER_BYTES]),
  };
}

/** In a database where the site has one, else in a file. */
export async function openSiteCatalog(
  config: Config,
  { ledger, log, onThreadEnded }: { ledger: Ledger; log: Log; onThreadEnded: () => void },
): Promise<Catalog> {
  const { CATALOG_URL: url, CATALOG_PASSWORD_FILE: passwordFile, DATA_DIR } = config;
  const options = {
    site: siteRules(config, ledger.siteId),
    siteName: (siteId: number) => ledger.siteName(siteId),
    log,
  };
  if (url !== undefined) {
    const { openPostgresCatalog } = await import('./catalog/postgres/open-postgres-catalog.js');
    return openPostgresCatalog({ url, passwordFile, onThreadEnded, ...options });
  }
  return openCatalog({ file: catalogFile(DATA_DIR), annotationsFile: annotationsFile(DATA_DIR), ...options });
}
