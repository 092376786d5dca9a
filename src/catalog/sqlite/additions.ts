import type { Connection } from './database.js';
import type { SiteRules } from './site-rules.js';
import { prepareIsInvited } from './study-shares.js';

interface Study {
  id: number;
  site_id: number;
  /** Of those that are listed. */
  instance_count: number;
}

interface Series {
  id: number;
  uid: string;
  shownIn: number;
}

/**
 * Prepares saying which series of the other sites' studies of one UID are found in the study that is shown: those of sites that rules
 * name and, in release 2, that the shown study's site has invited, as long as the shown study has listed instances. A series of which the UID, or that of any instance, is taken already, by the
 * shown study or by an addition before it, stays out as a whole. `others` come in the order of the sites. Gives the ids of those of which
 * no series stays out.
 */
export function prepareAdditions(
  db: Connection,
  { additions }: SiteRules,
): (studies: { shown: Study | undefined; others: readonly Study[] }) => Set<number> {
  const reset = db.prepare(`
    UPDATE series INDEXED BY series_addition SET shown_in = study_id, is_addition = 0
    WHERE study_id = ? AND is_addition = 1`);
  const seriesOf = db.prepare(`
    SELECT r.id, r.SeriesInstanceUID AS uid, r.shown_in AS shownIn FROM series r
    WHERE r.study_id = ? AND (r.instance_count > 0 OR EXISTS (
      SELECT 1 FROM instance i INDEXED BY instance_retired WHERE i.series_id = r.id AND i.standing = 'retired'))`);
  const resetOthers = db.prepare(`
    UPDATE series INDEXED BY series_addition SET shown_in = study_id, is_addition = 0
    WHERE study_id = ? AND is_addition = 1 AND id NOT IN (SELECT value FROM json_each(?))`);
  const doubles = db.prepare(`
    SELECT DISTINCT o.series_id AS id
    FROM instance i INDEXED BY instance_doubled CROSS JOIN instance o ON o.SOPInstanceUID = i.SOPInstanceUID
    WHERE i.series_id = ? AND i.is_doubled = 1 AND o.site_id <> i.site_id AND o.standing <> 'hidden'`);
  const place = db.prepare('UPDATE series SET shown_in = ?, is_addition = 1 WHERE id = ?');

  const isInvited = prepareIsInvited(db);

  return ({ shown, others }) => {
    const isAllowed = ({ site_id: site }: Study): boolean =>
      shown !== undefined && shown.instance_count > 0 && additions.includes(site) && isInvited(shown.id, site);
    const allowed = others.filter(isAllowed);
    for (const study of [...(shown ? [shown] : []), ...others]) if (!allowed.includes(study)) reset.run(study.id);
    if (!shown || allowed.length === 0) return new Set();

    const taken = new Map((seriesOf.all(shown.id) as Series[]).map(({ id, uid }) => [id, uid]));
    const uids = new Set(taken.values());
    const isTaken = ({ id, uid }: Series): boolean =>
      uids.has(uid) || (doubles.all(id) as { id: number }[]).some((other) => taken.has(other.id));
    const whole = allowed.filter((study) => {
      const series = seriesOf.all(study.id) as Series[];
      const free = series.filter((each) => !isTaken(each));
      resetOthers.run(study.id, JSON.stringify(free.map(({ id }) => id)));
      for (const { id, uid, shownIn } of free) {
        if (shownIn !== shown.id) place.run(shown.id, id);
        taken.set(id, uid);
        uids.add(uid);
      }
      return free.length === series.length;
    });
    return new Set(whole.map(({ id }) => id));
  };
}
