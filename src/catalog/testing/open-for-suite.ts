import type { Catalog } from '../catalog.js';
import type { SiteRules } from '../sqlite/site-rules.js';

/** Opens a catalogue for a suite: a new one, or the one that was opened by that name before, with the same annotations. */
export type OpenForSuite = (options?: { name?: string; site?: Partial<SiteRules> }) => Catalog | Promise<Catalog>;
