import type { Catalog } from '../catalog.js';
import { MAY_BE_KEPT } from './may-be-kept.js';
import type { Connection } from './database.js';
import type { SiteRules } from './site-rules.js';

type Faults = Awaited<ReturnType<Catalog['faults']>>;

/** Prepares counting what needs a person, by indexes that have nothing else in them. */
export function prepareFaults(db: Connection, { retirementsPerHour }: SiteRules): () => Faults {
  const counts = db.prepare(`
    SELECT
      (SELECT count(*) FROM instance INDEXED BY instance_quarantine
        WHERE quarantine IS NOT NULL AND removed_as IS NOT 'withdrawn') AS quarantined,
      (SELECT count(*) FROM annotations.content c INDEXED BY content_kept JOIN instance i ON i.content_key = c.content_key
        WHERE ${MAY_BE_KEPT} AND c.is_refused = 1 AND i.quarantine IS NOT NULL AND i.removed_as IS NOT 'withdrawn') AS refused,
      (SELECT count(DISTINCT StudyInstanceUID) FROM study INDEXED BY study_contested
        WHERE is_contested = 1 AND is_shown = 0 AND is_addition = 0) AS studies,
      (SELECT count(DISTINCT SOPInstanceUID) FROM instance INDEXED BY instance_contested WHERE is_contested = 1) AS instances,
      (SELECT count(*) FROM retirement_hour h LEFT JOIN annotations.retirement_decision d
        ON d.site_id = h.site_id AND d.hour = h.hour
        WHERE h.image_count > ? AND d.decision IS NULL) AS held`);
  return () => {
    const row = counts.get(retirementsPerHour) as Record<
      'quarantined' | 'refused' | 'studies' | 'instances' | 'held',
      number
    >;
    return {
      quarantined: row.quarantined - row.refused,
      conflicts: row.studies + row.instances,
      heldRetirements: row.held,
    };
  };
}
