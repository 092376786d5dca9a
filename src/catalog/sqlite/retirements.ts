import type { Connection } from './database.js';
import type { SiteRules } from './site-rules.js';

/** Seconds of the chain's clock within which retirements of one site are counted together. */
export const HOUR = 3600;

/** Images of one site that were retired in one hour of the chain. */
export interface RetirementHour {
  siteId: number;
  /** Its beginning, in seconds since 1970. */
  hour: number;
}

export const hourOf = (timestamp: number): number => timestamp - (timestamp % HOUR);

/**
 * Prepares counting how many images of a site are retired in an hour, whether or not they can be read here: those that are counted. Each gives the SOP Instance
 * UIDs of those that may stand another way for it.
 */
export function prepareRetirements(db: Connection, { retirementsPerHour }: SiteRules) {
  const add = db.prepare(`
    INSERT INTO retirement_hour (site_id, hour, image_count) VALUES (?, ?, 1)
    ON CONFLICT (site_id, hour) DO UPDATE SET image_count = retirement_hour.image_count + 1 RETURNING image_count AS count`);
  const take = db.prepare(`
    UPDATE retirement_hour SET image_count = image_count - 1 WHERE site_id = ? AND hour = ? RETURNING image_count AS count`);
  const within = 'is_counted_retirement = 1 AND site_id = ? AND removed_at >= ? AND removed_at < ?';
  const uids = db.prepare(`
    SELECT DISTINCT SOPInstanceUID AS uid FROM instance INDEXED BY instance_retirement
    WHERE ${within} AND SOPInstanceUID IS NOT NULL`);
  const count = db.prepare(`SELECT count(*) AS count FROM instance INDEXED BY instance_retirement WHERE ${within}`);
  const write = db.prepare('INSERT INTO retirement_hour (site_id, hour, image_count) VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM retirement_hour WHERE site_id = ? AND hour = ?');

  const ofHour = ({ siteId, hour }: RetirementHour): string[] =>
    (uids.all(siteId, hour, hour + HOUR) as { uid: string }[]).map(({ uid }) => uid);
  return {
    ofHour,
    /** One more. From the first that is too many on, all of that hour are held. */
    added: (retired: RetirementHour): string[] => {
      const { count: total } = add.get(retired.siteId, retired.hour) as { count: number };
      return total === retirementsPerHour + 1 ? ofHour(retired) : [];
    },
    /** One less. */
    ended: (retired: RetirementHour): string[] => {
      const { siteId, hour } = retired;
      const { count: total } = take.get(siteId, hour) as { count: number };
      if (total === 0) drop.run(siteId, hour);
      return total === retirementsPerHour ? ofHour(retired) : [];
    },
    /** A rollback has undone some, or restorations of some. */
    recounted: ({ siteId, hour }: RetirementHour): string[] => {
      const { count: total } = count.get(siteId, hour, hour + HOUR) as { count: number };
      drop.run(siteId, hour);
      if (total > 0) write.run(siteId, hour, total);
      return ofHour({ siteId, hour });
    },
  };
}
