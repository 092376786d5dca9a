import type { Catalog } from '../catalog.js';
import type { Conflict } from '../conflict.js';
import type { Connection } from './database.js';
import { compareSites, type SiteRules } from './site-rules.js';

interface SiteRow {
  siteId: number;
  isShown: number;
  isAddition: number;
  instanceCount: number;
}

/** Prepares the list of UIDs that several sites have. */
export function prepareConflicts(
  db: Connection,
  rules: SiteRules,
): (options: Parameters<Catalog['conflicts']>[0]) => Conflict[] {
  const compare = compareSites(rules);
  const studies = db.prepare(`
    SELECT DISTINCT StudyInstanceUID AS uid FROM study INDEXED BY study_contested
    WHERE is_contested = 1 AND StudyInstanceUID > ? ORDER BY StudyInstanceUID LIMIT ?`);
  const instances = db.prepare(`
    SELECT DISTINCT SOPInstanceUID AS uid FROM instance INDEXED BY instance_contested
    WHERE is_contested = 1 AND SOPInstanceUID > ? ORDER BY SOPInstanceUID LIMIT ?`);
  const sitesOfStudy = db.prepare(`
    SELECT s.site_id AS siteId, s.is_shown AS isShown, s.is_addition AS isAddition, s.instance_count + (
        SELECT count(*) FROM series r CROSS JOIN instance i INDEXED BY instance_retired ON i.series_id = r.id
        WHERE r.study_id = s.id AND i.standing = 'retired') AS instanceCount
    FROM study s WHERE s.StudyInstanceUID = ? AND s.is_contested = 1`);
  const sitesOfInstance = db.prepare(`
    SELECT i.site_id AS siteId, s.is_shown AS isShown, r.is_addition AS isAddition, 1 AS instanceCount
    FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id
    WHERE i.SOPInstanceUID = ? AND i.standing <> 'hidden'`);

  const conflict = (level: Conflict['level'], uid: string): Conflict => {
    const rows = (level === 'study' ? sitesOfStudy : sitesOfInstance).all(uid) as SiteRow[];
    const sorted = rows.sort(
      (a, b) => b.isShown - a.isShown || b.isAddition - a.isAddition || compare(a.siteId, b.siteId),
    );
    // Instances of several studies that are shown have one name: the first has it.
    const sites = sorted.map((row, index) => ({
      siteId: row.siteId,
      isShown: index === 0 && (row.isShown === 1 || row.isAddition === 1),
      isAddition: level === 'study' && row.isAddition === 1,
      instanceCount: row.instanceCount,
    }));
    return { level, uid, sites };
  };
  return ({ limit, after }) => {
    const found: Conflict[] = [];
    for (const level of ['study', 'instance'] as const) {
      if (after?.level === 'instance' && level === 'study') continue;
      const from = after?.level === level ? after.uid : '';
      const uids = (level === 'study' ? studies : instances).all(from, limit - found.length) as { uid: string }[];
      found.push(...uids.map(({ uid }) => conflict(level, uid)));
    }
    return found;
  };
}
