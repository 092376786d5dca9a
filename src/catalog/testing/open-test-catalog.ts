import type { Catalog } from '../catalog.js';
import { openCatalog } from '../sqlite/open-catalog.js';
import type { SiteRules } from '../sqlite/site-rules.js';

type Options = Omit<Parameters<typeof openCatalog>[0], 'site' | 'siteName'> & {
  site?: Partial<SiteRules> | undefined;
  siteName?: (siteId: number) => string;
};

/** Opens a catalogue of site 1, which puts no site before another, unless a test says something else. */
export function openTestCatalog({ site, siteName = (siteId) => `Site ${siteId}`, ...rest }: Options): Catalog {
  const rules = { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 100, settings: '' };
  return openCatalog({ ...rest, site: { ...rules, ...site }, siteName });
}
