import { createKnownTags } from './known-tags.js';
import type { Log } from '../../base/log.js';
import type { Catalog, CatalogCounts, ResourceIds } from '../catalog.js';
import { guard, openDatabase } from './database.js';
import { prepareInstances } from './instances.js';
import { prepareProjection } from './projection.js';
import { prepareProjectionState } from './projection-state.js';
import { prepareSearch } from './search.js';

/**
 * Opens the catalogue in a SQLite file, or makes an empty one. One that a release with other tables or rows has made is emptied,
 * which `log` says; the follower then walks the chain from block 0. Throws `misconfigured` when the file is damaged, from a
 * newer release or another program's; then it can be deleted and rebuilt.
 */
export function openCatalog({ file, log }: { file: string; log?: Log }): Catalog {
  const db = openDatabase({ file, log });
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
  const { state, projection, instances, search } = guard(file, () => ({
    state: prepareProjectionState(db),
    projection: prepareProjection(db, levels),
    instances: prepareInstances(db),
    search: prepareSearch(db, (tag) => levels.of(tag)),
  }));
  const counts = db.prepare(`
    SELECT (SELECT count(*) FROM patient WHERE instance_count > 0) AS patients, count(*) AS studies,
      coalesce(sum(series_count), 0) AS series, coalesce(sum(instance_count), 0) AS instances
    FROM study WHERE instance_count > 0`);

  return {
    projection: {
      cursor: guarded(() => state.cursor()),
      hashAt: guarded((number: bigint) => state.hashAt(number)),
      image: guarded((imageKey: string) => state.image(imageKey)),
      announcedBody: guarded((imageKey: string, at: bigint) => state.announcedBody(imageKey, at)),
    },
    apply: promisedWrite(projection.apply),
    rollback: promisedWrite(projection.rollback),
    search: promised(search),
    instance: promised(instances.instance),
    instances: promised(instances.instances),
    isGone: promised(instances.isGone),
    metadata: promisedEach((ids: ResourceIds) => instances.metadata(ids)),
    bodies: promised(instances.bodies),
    preview: promised(instances.preview),
    images: promisedEach((PatientID: string, fileName?: string) => instances.images(PatientID, fileName)),
    sealedSOPInstanceUIDs: promisedEach(() => instances.sealedSOPInstanceUIDs()),
    counts: promised(() => {
      const { patients, studies, series, instances: images } = counts.get() as CatalogCounts;
      return { patients, studies, series, instances: images };
    }),
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
