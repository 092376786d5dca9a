import type { CatalogCounts } from '../catalog.js';
import type { Visibility } from '../visibility.js';
import { and } from './condition.js';
import { createCounts } from './counts.js';
import type { Connection } from './database.js';
import { createInstances } from './instances.js';
import type { KnownTags } from './known-tags.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { createReadChanges } from './read-changes.js';
import { createSearch } from './search.js';
import { type Sight, sightOf } from './sight.js';
import { createSiteNames } from './site-names.js';
import { compareSites, type SiteRules } from './site-rules.js';
import { createStatements, type Statements } from './statements.js';

interface ReadingDependencies {
  db: Connection;
  levels: KnownTags;
  rules: SiteRules;
  siteName: (siteId: number) => string;
  /** How many rollbacks there were. */
  rollbackCount: () => number;
  /** As `createCounts` has it. */
  version?: () => number;
}

/** The reading as somebody sees it. */
export type Reading = ReturnType<ReturnType<typeof createReading>>;

/** All reading of one connection, by whom it is for: each either answers at once or gives its answer in parts. */
export function createReading({ db, levels, rules, siteName, rollbackCount, version }: ReadingDependencies) {
  const statements = createStatements(db);
  const names = createSiteNames(rules, siteName);
  const count = createCounts(statements, version);
  const searching = { db, statements, names, count, levelsOf: (tag: string) => levels.of(tag), rollbackCount };
  const reading = { statements, names, compareSites: compareSites(rules), rollbackCount };
  return (visibility: Visibility, siteId?: number) => {
    const sight = sightOf(visibility, siteId);
    return {
      ...createInstances(reading, sight),
      search: createSearch(searching, sight),
      counts: () => counts(statements, sight),
      changes: createReadChanges(statements, { sight, visibility, siteId }),
    };
  };
}

/** Patients that have a study which is seen, and what those studies have. */
function counts({ prepared }: Statements, sight: Sight): CatalogCounts {
  const { study } = LEVEL_SOURCES;
  const isSeen = and([{ sql: study.visible, values: [] }, sight.studyOfList]);
  const row = prepared(`
    SELECT count(DISTINCT s.patient_id) AS patients, count(*) AS studies, coalesce(sum(s.series_count), 0) AS series,
      coalesce(sum(s.instance_count), 0) AS instances
    FROM ${study.table} WHERE ${isSeen.sql}`).get(...isSeen.values) as CatalogCounts;
  return { patients: row.patients, studies: row.studies, series: row.series, instances: row.instances };
}
