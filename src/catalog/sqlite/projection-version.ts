import { createHash } from 'node:crypto';
import * as attributeLevels from '../../standard/attribute-levels.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { OWN_TAGS } from '../matching/instance-parts.js';
import type { SiteRules } from './site-rules.js';

/**
 * Raise it by one when code comes to make other rows of the same announcements than before: this room's `matching/matching-keys`,
 * `matching/merge-attributes`, `matching/instance-parts`, `fill`, `patient-identity`, `alike-members`, `projection`, `removals`, `standing`, `study-keys`,
 * `facts` and what it takes, `describe` and `refresh`, the archive's `project/project`, and what that takes from `dicom/`.
 */
const CODE_VERSION = 6;

/**
 * The version of what makes a catalogue's rows, as hex text: equal for releases and settings that make equal rows of one
 * chain. It follows the tables, the attributes that belong to each level and part and the columns that they have, `CODE_VERSION`, and what the
 * site decides of what is read and retired. `SITE_ORDER` and `SHOW_ADDITIONS` are not in it: what is shown is said anew when a catalogue is opened.
 */
export function projectionVersion(tables: string, { siteId, retirementsPerHour, settings }: SiteRules): string {
  const columns = Object.values(LEVEL_SOURCES).map((source) => [source.columns, source.lists]);
  const text = JSON.stringify(
    [CODE_VERSION, tables, attributeLevels, columns, OWN_TAGS, siteId, retirementsPerHour, settings],
    (_key, value: unknown) => (value instanceof Set ? [...(value as Set<unknown>)].sort() : value),
  );
  return createHash('sha256').update(text).digest('hex');
}
