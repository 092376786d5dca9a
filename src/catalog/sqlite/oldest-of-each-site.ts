import type { Connection } from './database.js';

/** Prepares reading the oldest rows of each site, by an index on (site_id, id) of the rows that fulfil `where`. */
export function oldestOfEachSite<Row>(
  db: Connection,
  { columns, index, where, joins = '' }: { columns: string; index: string; where: string; joins?: string },
): (options: { perSite: number; except?: readonly number[] }) => Row[] {
  const from = `FROM instance i INDEXED BY ${index}`;
  // From one site to the next by the index, so that a site with many rows costs no more than one with few.
  const nextSite = db.prepare(`SELECT min(i.site_id) AS site ${from} WHERE ${where} AND i.site_id > ?`);
  const oldest = db.prepare(`
    SELECT ${columns} ${from} ${joins}
    WHERE ${where} AND i.site_id = ? AND i.id NOT IN (SELECT value FROM json_each(?)) ORDER BY i.id LIMIT ?`);
  return ({ perSite, except = [] }) => {
    const rows: Row[] = [];
    const named = JSON.stringify(except);
    let { site } = nextSite.get(-1) as { site: number | null };
    while (site !== null) {
      rows.push(...(oldest.all(site, named, perSite) as Row[]));
      ({ site } = nextSite.get(site) as { site: number | null });
    }
    return rows;
  };
}
