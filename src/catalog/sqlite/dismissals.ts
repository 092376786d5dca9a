import type { FactChange } from '../change.js';
import type { Connection } from './database.js';

type Dismissal = Pick<FactChange & { kind: 'site-dismissed' }, 'siteId' | 'hiddenSince'>;

/** Of an instance `i` in SQL: from when on what its site has announced is hidden; null when nothing is. */
export const HIDDEN_SINCE =
  '(SELECT x.hidden_since FROM dismissal x WHERE x.site_id = i.site_id ORDER BY x.id DESC LIMIT 1)';

/**
 * Prepares keeping what the consortium has said of sites, at its positions. Each gives the SOP Instance UIDs of what may stand another
 * way for it: of images of release 2, whose sites are the consortium's.
 */
export function prepareDismissals(db: Connection) {
  const add = db.prepare('INSERT INTO dismissal (id, site_id, hidden_since) VALUES (?, ?, ?)');
  const undone = db.prepare('SELECT DISTINCT site_id AS siteId FROM dismissal WHERE id >= ?');
  const drop = db.prepare('DELETE FROM dismissal WHERE id >= ?');
  const uidsOf = db.prepare(`
    SELECT DISTINCT SOPInstanceUID AS uid FROM instance INDEXED BY instance_study_key
    WHERE site_id = ? AND study_key IS NOT NULL AND reading IS NULL`);
  const current = db.prepare(
    'SELECT hidden_since AS hiddenSince FROM dismissal WHERE site_id = ? ORDER BY id DESC LIMIT 1',
  );
  const ofSite = (siteId: number): string[] => (uidsOf.all(siteId) as { uid: string }[]).map(({ uid }) => uid);
  return {
    /** Whether anything that the site has announced is hidden by what was said of it last. */
    mayHide: (siteId: number): boolean =>
      ((current.get(siteId) as { hiddenSince: number | null } | undefined)?.hiddenSince ?? null) !== null,
    taken: (position: number, { siteId, hiddenSince }: Dismissal): string[] => {
      add.run(position, siteId, hiddenSince ?? null);
      return ofSite(siteId);
    },
    /** Those from a position on. */
    undone: (position: number): string[] => {
      const sites = undone.all(position) as { siteId: number }[];
      drop.run(position);
      return sites.flatMap(({ siteId }) => ofSite(siteId));
    },
  };
}
