import type { CatalogCounts, CatalogReader } from '../catalog.js';
import type { ResourceIds } from '../query.js';
import type { Visibility } from '../visibility.js';
import { and } from './condition.js';
import type { Count } from './counts.js';
import type { Connection } from './database.js';
import { createInstances } from './instances.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { type AtOnce, createPromised } from './promised.js';
import { createSearch } from './search.js';
import type { LevelsOf } from './search-sql.js';
import { type Sight, sightOf } from './sight.js';
import { createSiteNames } from './site-names.js';
import { compareSites, type SiteRules } from './site-rules.js';
import type { Statements } from './statements.js';

/** What is read of a catalogue as somebody sees it, but for what has changed, which is written down when it is asked for. */
export type SeenCatalog = Omit<CatalogReader, 'changes'>;

interface SeenCatalogDependencies {
  db: Connection;
  statements: Statements;
  rules: SiteRules;
  siteName: (siteId: number) => string;
  count: Count;
  levelsOf: LevelsOf;
  /** How many rollbacks there were. */
  rollbackCount: () => number;
  atOnce: AtOnce;
}

/** The reading of a catalogue over one connection, whoever writes it. */
export function createSeenCatalog(
  dependencies: SeenCatalogDependencies,
): (visibility: Visibility, siteId?: number) => SeenCatalog {
  const { db, statements, rules, count, levelsOf, rollbackCount } = dependencies;
  const names = createSiteNames(rules, dependencies.siteName);
  const searching = { db, statements, names, count, levelsOf, rollbackCount };
  const reading = { statements, names, compareSites: compareSites(rules), rollbackCount };
  const { promised, promisedInTurns, promisedEach } = createPromised(dependencies.atOnce);
  return (visibility, siteId) => {
    const sight = sightOf(visibility, siteId);
    const instances = createInstances(reading, sight);
    return {
      search: promisedInTurns(createSearch(searching, sight)),
      hasStudy: promised(instances.hasStudy),
      siteOfStudy: promised(instances.siteOfStudy),
      instance: promised(instances.instance),
      instances: promised(instances.instances),
      isGone: promised(instances.isGone),
      metadata: promisedEach((ids: ResourceIds) => instances.metadata(ids)),
      bodies: promised(instances.bodies),
      preview: promised(instances.preview),
      images: promisedEach((PatientID: string, fileName?: string) => instances.images(PatientID, fileName)),
      sealedSOPInstanceUIDs: promisedEach(() => instances.sealedSOPInstanceUIDs()),
      counts: promised(() => counts(statements, sight)),
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
