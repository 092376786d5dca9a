import type { Catalog } from '../catalog.js';
import type { Connection } from './database.js';

type Locked = Awaited<ReturnType<Catalog['locked']>>;

/** Prepares counting, by an index that has nothing else in it, what there is no key for here. */
export function prepareLocked(db: Connection): () => Locked {
  const counts = db.prepare(`
    SELECT site_id AS siteId, count(*) AS count FROM instance INDEXED BY instance_locked
    WHERE reading = 'locked' GROUP BY site_id ORDER BY site_id`);
  return () => (counts.all() as Locked).map(({ siteId, count }) => ({ siteId, count }));
}
