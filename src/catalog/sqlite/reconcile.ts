import { IS_KEPT, MAY_BE_KEPT } from './may-be-kept.js';
import type { Connection } from './database.js';
import { HOUR } from './retirements.js';

/**
 * The SOP Instance UIDs of rows that do not stand as the annotations say: those are on the disk at once, the catalogue is a little later,
 * and one that was put back from a backup is older still.
 */
export function uidsToReconcile(db: Connection): string[] {
  const rows = db
    .prepare(
      `SELECT i.SOPInstanceUID AS uid
       FROM annotations.content c INDEXED BY content_kept CROSS JOIN instance i ON i.content_key = c.content_key
       WHERE ${MAY_BE_KEPT} AND i.reading IS NULL AND (i.quarantine IS NOT NULL) <> ${IS_KEPT}
       UNION
       SELECT i.SOPInstanceUID AS uid
       FROM annotations.retirement_decision d CROSS JOIN instance i INDEXED BY instance_retirement
         ON i.site_id = d.site_id AND i.removed_at >= d.hour AND i.removed_at < d.hour + ${HOUR}
       WHERE i.is_counted_retirement = 1 AND i.reading IS NULL
         AND (i.is_retirement_held = 1 OR (d.decision = 'accepted' AND i.standing = 'listed'))`,
    )
    .all() as { uid: string }[];
  return rows.map(({ uid }) => uid);
}
