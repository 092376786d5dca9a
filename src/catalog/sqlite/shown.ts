import { prepareAdditions } from './additions.js';
import type { Connection } from './database.js';
import { compareSites, type SiteRules } from './site-rules.js';

interface Row {
  id: number;
  site_id: number;
  patient_id: number | null;
  instance_count: number;
  is_shown: number;
  is_contested: number;
  is_addition: number;
}

/**
 * Prepares saying which of the sites' studies of one UID is shown: this site's own, when any instance of it is there, retired ones too;
 * else the first that has listed instances; else the first that has any. And which of the others' series are found in it. Gives the
 * patients of those for which what is shown is another than before.
 */
export function prepareShown(db: Connection, rules: SiteRules): (StudyInstanceUID: string) => number[] {
  const compare = compareSites(rules);
  const add = prepareAdditions(db, rules);
  const rowsOf = db.prepare(`
    SELECT id, site_id, patient_id, instance_count, is_shown, is_contested, is_addition FROM study WHERE StudyInstanceUID = ?`);
  const retired = db.prepare(`
    SELECT 1 FROM series r CROSS JOIN instance i INDEXED BY instance_retired ON i.series_id = r.id
    WHERE r.study_id = ? AND i.standing = 'retired' LIMIT 1`);
  const write = db.prepare('UPDATE study SET is_shown = ?, is_contested = ?, is_addition = ? WHERE id = ?');
  return (StudyInstanceUID) => {
    const classOf = ({ site_id: site, instance_count: listed }: Row): number =>
      site === rules.siteId ? 0 : listed > 0 ? 1 : 2;
    const rows = (rowsOf.all(StudyInstanceUID) as Row[]).sort(
      (a, b) => classOf(a) - classOf(b) || compare(a.site_id, b.site_id),
    );
    const present = rows.filter(({ id, instance_count: listed }) => listed > 0 || retired.get(id) !== undefined);
    const [first] = present;
    const others = rows.filter((row) => row !== first);
    const isAloneAsBefore = others.length === 0 && first?.is_contested === 0;
    const whole = isAloneAsBefore ? undefined : add({ shown: first, others });
    const patientIds: number[] = [];
    // The one that is to be shown comes last: there are never two.
    for (const row of first ? [...others, first] : others) {
      const isShown = row === first ? 1 : 0;
      const isContested = present.length > 1 && present.includes(row) ? 1 : 0;
      const isAddition = whole?.has(row.id) && isContested === 1 ? 1 : 0;
      if (isShown === row.is_shown && isContested === row.is_contested && isAddition === row.is_addition) continue;
      write.run(isShown, isContested, isAddition, row.id);
      if (isShown !== row.is_shown && row.patient_id !== null) patientIds.push(row.patient_id);
    }
    return patientIds;
  };
}
