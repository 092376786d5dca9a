import type { Catalog, MassRetirement } from '../catalog.js';
import type { Connection } from './database.js';
import type { RetirementHour } from './retirements.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';

/** Prepares the list of hours with too many retirements, and what an admin says of them. */
export function prepareMassRetirements(
  db: Connection,
  { settle, uidsOfHour, rules }: { settle: Settle; uidsOfHour: (hour: RetirementHour) => string[]; rules: SiteRules },
) {
  const rows = `
    SELECT h.site_id AS siteId, h.hour, h.image_count AS count, coalesce(d.decision, 'held') AS decision
    FROM retirement_hour h LEFT JOIN annotations.retirement_decision d ON d.site_id = h.site_id AND d.hour = h.hour
    WHERE h.image_count > ?`;
  const all = db.prepare(`${rows} ORDER BY h.hour DESC, h.site_id`);
  const one = db.prepare(`${rows} AND h.site_id = ? AND h.hour = ?`);
  const write = db.prepare(`
    INSERT INTO annotations.retirement_decision (site_id, hour, decision, decided_by, decided_at)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (site_id, hour) DO UPDATE SET
      decision = excluded.decision, decided_by = excluded.decided_by, decided_at = excluded.decided_at`);
  const limit = rules.retirementsPerHour;
  const plain = ({ siteId, hour, count, decision }: MassRetirement): MassRetirement => ({
    siteId,
    hour,
    count,
    decision,
  });
  return {
    massRetirements: (): MassRetirement[] => (all.all(limit) as MassRetirement[]).map(plain),
    decideRetirements: db.transaction(
      ({ siteId, hour }: RetirementHour, { kind, by }: Parameters<Catalog['decideRetirements']>[1]): boolean => {
        if (one.get(limit, siteId, hour) === undefined) return false;
        write.run(siteId, hour, kind, by, Date.now());
        settle(uidsOfHour({ siteId, hour }));
        return true;
      },
    ),
  };
}
