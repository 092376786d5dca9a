/** What belongs to sites, a list for each site, in the order that it had. */
export function bySite<T extends { siteId: number }>(all: readonly T[]): T[][] {
  const sites = new Map<number, T[]>();
  for (const one of all) {
    const known = sites.get(one.siteId);
    if (known) known.push(one);
    else sites.set(one.siteId, [one]);
  }
  return [...sites.values()];
}
