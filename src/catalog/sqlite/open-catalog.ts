import { createKnownTags } from './known-tags.js';
import type { Log } from '../../base/log.js';
import type { Catalog, CatalogCounts, CatalogReader, ResourceIds } from '../catalog.js';
import type { Visibility } from '../visibility.js';
import { attachAnnotations } from './attach-annotations.js';
import { and } from './condition.js';
import { type Connection, guard, openDatabase } from './database.js';
import { createInstances } from './instances.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { prepareProjection } from './projection.js';
import { prepareProjectionState } from './projection-state.js';
import { createSearch } from './search.js';
import { type Sight, sightOf } from './sight.js';
import { createStatements, type Statements } from './statements.js';

/**
 * Opens the catalogue in a SQLite file, or makes an empty one. One that a release with other tables or rows has made is emptied,
 * which `log` says; the follower then walks the chain from block 0. Throws `misconfigured` when the file is damaged, from a
 * newer release or another program's; then it can be deleted and rebuilt. What people say of studies is kept in
 * `annotationsFile`, which is never emptied; without one, in memory.
 */
export function openCatalog({
  file,
  annotationsFile,
  log,
}: {
  file: string;
  annotationsFile?: string;
  log?: Log;
}): Catalog {
  const db = openDatabase({ file, log });
  const annotations = closedOnFailure(db, () => attachAnnotations(db, annotationsFile));
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
      } catch (error) {
        levels.reload();
        throw error;
      }
    });
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
  const { state, projection } = guard(file, () => ({
    state: prepareProjectionState(db),
    projection: prepareProjection(db, levels),
  }));
  const statements = createStatements(db);
  const dependencies = { db, statements, levelsOf: (tag: string) => levels.of(tag) };

  const seenBy = (visibility: Visibility): CatalogReader => {
    const sight = sightOf(visibility);
    const instances = createInstances(statements, sight);
    return {
      search: promised(createSearch(dependencies, sight)),
      hasStudy: promised(instances.hasStudy),
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
  const everything = seenBy('everything');

  return {
    projection: {
      cursor: guarded(() => state.cursor()),
      hashAt: guarded((number: bigint) => state.hashAt(number)),
      image: guarded((imageKey: string) => state.image(imageKey)),
      announcedBody: guarded((imageKey: string, at: bigint) => state.announcedBody(imageKey, at)),
    },
    annotations,
    apply: promisedWrite(projection.apply),
    rollback: promisedWrite(projection.rollback),
    seenBy: (visibility) => (visibility === 'everything' ? everything : seenBy(visibility)),
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
