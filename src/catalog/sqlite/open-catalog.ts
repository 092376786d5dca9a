import { openKnownTags } from './known-tags.js';
import type { Catalog, ResourceIds } from '../catalog.js';
import { guard, openDatabase } from './database.js';
import { prepareInstances } from './instances.js';
import { prepareProjection } from './projection.js';
import { prepareSearch } from './search.js';

/**
 * Opens the catalogue in a SQLite file, or makes an empty one. Throws `misconfigured` when the file is damaged, from a
 * newer release or another program's; then it can be deleted and rebuilt.
 */
export function openCatalog({ file }: { file: string }): Catalog {
  const db = openDatabase({ file });
  const guarded =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R =>
      guard(file, () => work(...parameters));
  const guardedWrite =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R =>
      guard(file, () => {
        try {
          return work(...parameters);
        } catch (error) {
          levels.reload();
          throw error;
        }
      });
  const guardedEach = <A extends unknown[], T>(work: (...parameters: A) => Generator<T>) =>
    function* (...parameters: A): Generator<T> {
      const values = work(...parameters);
      for (;;) {
        const next = guard(file, () => values.next());
        if (next.done) return;
        yield next.value;
      }
    };

  const levels = guard(file, () => openKnownTags(db));
  const { projection, instances, search } = guard(file, () => ({
    projection: prepareProjection(db, levels),
    instances: prepareInstances(db),
    search: prepareSearch(db, (tag) => levels.of(tag)),
  }));
  const counts = db.prepare(`
    SELECT (SELECT count(*) FROM patient WHERE instance_count > 0) AS patients, count(*) AS studies,
      coalesce(sum(series_count), 0) AS series, coalesce(sum(instance_count), 0) AS instances
    FROM study WHERE instance_count > 0`);

  return {
    cursor: guarded(projection.cursor),
    hashAt: guarded(projection.hashAt),
    apply: guardedWrite(projection.apply),
    rollback: guardedWrite((to) => {
      projection.rollback(to);
      levels.reload();
    }),
    search: guarded(search),
    instance: guarded(instances.instance),
    image: guarded(instances.image),
    instances: guarded(instances.instances),
    isGone: guarded(instances.isGone),
    metadata: guardedEach((ids: ResourceIds) => instances.metadata(ids)),
    bodies: guarded(instances.bodies),
    preview: guarded(instances.preview),
    images: guardedEach((PatientID: string, fileName?: string) => instances.images(PatientID, fileName)),
    sealedSOPInstanceUIDs: guardedEach(() => instances.sealedSOPInstanceUIDs()),
    counts: guarded(() => {
      const { patients, studies, series, instances: images } = counts.get() as Record<string, number>;
      return { patients: patients ?? 0, studies: studies ?? 0, series: series ?? 0, instances: images ?? 0 };
    }),
    close: () => {
      // libsql keeps the connection until its statements are collected, so that closing does not empty the log.
      try {
        guard(file, () => db.pragma('wal_checkpoint(TRUNCATE)'));
      } finally {
        db.close();
      }
    },
  };
}
