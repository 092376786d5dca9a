import { setImmediate as nextTurn } from 'node:timers/promises';
import { createKnownTags } from './known-tags.js';
import type { Log } from '../../base/log.js';
import type { Catalog, CatalogCounts, CatalogReader } from '../catalog.js';
import type { ResourceIds } from '../query.js';
import type { Visibility } from '../visibility.js';
import { attachAnnotations } from './attach-annotations.js';
import { and } from './condition.js';
import { type Connection, guard, openDatabase } from './database.js';
import { createCounts } from './counts.js';
import { createInstances } from './instances.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { prepareProjectionState } from './projection-state.js';
import { createSearch } from './search.js';
import { type Sight, sightOf } from './sight.js';
import { createSiteNames } from './site-names.js';
import { compareSites, type SiteRules } from './site-rules.js';
import { createStatements, type Statements } from './statements.js';
import { prepareWriting } from './writing.js';
import { prepareChangeJournal } from './change-journal.js';
import { createReadChanges } from './read-changes.js';
import type { ChangeRange } from '../change-feed.js';

interface OpenCatalog {
  file: string;
  /** What this site says of studies and contents; never emptied. Without one, in memory. */
  annotationsFile?: string;
  log?: Log;
  site: SiteRules;
  /** The name that the consortium knows a site by, on one line, without spaces around it; `site <n>` of one that is not known yet. */
  siteName: (siteId: number) => string;
}

/**
 * Opens the catalogue in a SQLite file, or makes an empty one. One that a release with other tables or rows, or one with other settings
 * has made is emptied, which `log` says; the follower then walks the chain from block 0. Throws `misconfigured` when the file is damaged,
 * from a newer release or another program's; then it can be deleted and rebuilt.
 */
export function openCatalog({ file, annotationsFile, log, site: rules, siteName }: OpenCatalog): Catalog {
  const db = openDatabase({ file, log, rules });
  const annotations = closedOnFailure(db, () =>
    attachAnnotations(db, { file: annotationsFile, log, siteId: rules.siteId }),
  );
  const guarded =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R =>
      guard(file, () => work(...parameters));
  /** SQLite works at once, so that nothing can come between the parts of one call. */
  const promised =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    async (...parameters: A): Promise<R> =>
      guard(file, () => work(...parameters));
  const promisedWrite = <A extends unknown[]>(work: (...parameters: A) => void) =>
    promised((...parameters: A): void => {
      try {
        work(...parameters);
        journal.noteIfDue();
      } catch (error) {
        levels.reload();
        throw error;
      }
    });
  const promisedInTurns =
    <P, R>(work: (parameters: P) => Generator<void, R>) =>
    async (parameters: P, { signal }: { signal?: AbortSignal } = {}): Promise<R> => {
      const steps = work(parameters);
      for (;;) {
        signal?.throwIfAborted();
        const step = guard(file, () => steps.next());
        if (step.done) return step.value;
        await nextTurn();
      }
    };
  const promisedEach = <A extends unknown[], T>(work: (...parameters: A) => Generator<T>) =>
    async function* (...parameters: A): AsyncGenerator<T> {
      const values = work(...parameters);
      for (;;) {
        const next = guard(file, () => values.next());
        if (next.done) return;
        yield next.value;
      }
    };

  const levels = guard(file, () => createKnownTags(db));
  const { state, writing } = closedOnFailure(db, () =>
    guard(file, () => ({
      state: prepareProjectionState(db, rules),
      writing: prepareWriting(db, { levels, log, rules }),
    })),
  );
  const journal = closedOnFailure(db, () => guard(file, () => prepareChangeJournal(db)));
  const statements = createStatements(db);
  const names = createSiteNames(rules, siteName);
  let rollbacks = 0;
  const rollbackCount = (): number => rollbacks;
  const count = createCounts(statements);
  const searching = { db, statements, names, count, levelsOf: (tag: string) => levels.of(tag), rollbackCount };
  const reading = { statements, names, compareSites: compareSites(rules), rollbackCount };

  const seenBy = (visibility: Visibility, siteId?: number): CatalogReader => {
    const sight = sightOf(visibility, siteId);
    const instances = createInstances(reading, sight);
    const readChanges = createReadChanges(statements, { sight, visibility, siteId });
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
      changes: promisedEach(function* (range: ChangeRange) {
        journal.note();
        yield* readChanges(range);
      }),
    };
  };
  const everything = seenBy('everything');

  return {
    projection: {
      cursor: guarded(() => state.cursor()),
      hashAt: guarded((number: bigint) => state.hashAt(number)),
      image: guarded((imageKey: string) => state.image(imageKey)),
      holder: guarded((imageKey: string) => state.holder(imageKey)),
      isRead: guarded((contentKey: string) => state.isRead(contentKey)),
      backlog: guarded(() => state.backlog()),
    },
    annotations,
    apply: promisedWrite(writing.apply),
    rollback: promisedWrite((...parameters: Parameters<typeof writing.rollback>): void => {
      rollbacks++;
      writing.rollback(...parameters);
    }),
    waiting: promised(writing.waiting),
    begin: promised(writing.begin),
    abandon: promised(writing.end),
    read: promisedWrite(writing.read),
    unverified: promised(writing.unverified),
    judge: promised(writing.judge),
    quarantined: promised(writing.quarantined),
    decide: promised(writing.decide),
    conflicts: promised(writing.conflicts),
    faults: promised(writing.faults),
    massRetirements: promised(writing.massRetirements),
    decideRetirements: promised(writing.decideRetirements),
    seenBy: (visibility, siteId) =>
      visibility === 'everything' && siteId === undefined ? everything : seenBy(visibility, siteId),
    close: async () => {
      // libsql keeps the connection until its statements are collected, so that closing does not empty the log.
      try {
        guard(file, () => db.pragma('wal_checkpoint(TRUNCATE)'));
      } finally {
        db.close();
      }
    },
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

function closedOnFailure<T>(db: Connection, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}
