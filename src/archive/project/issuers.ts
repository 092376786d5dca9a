/** Which site speaks for which issuer of patient IDs (`ISSUERS`), until the contract knows it. */
export interface Issuers {
  /** Undefined for one that no site has for itself. */
  siteOf(IssuerOfPatientID: string): number | undefined;
  /** Those that a site speaks for. */
  of(siteId: number): readonly string[];
}

/**
 * @param sites By issuer.
 * @param own What this site writes where an object names no issuer, if anything: announcements of earlier releases do not say it.
 */
export function createIssuers(sites: ReadonlyMap<string, number>, own: { siteId: number; issuer: string }): Issuers {
  return {
    siteOf: (issuer) => sites.get(issuer),
    of: (siteId) => [
      ...[...sites].filter(([, site]) => site === siteId).map(([issuer]) => issuer),
      ...(siteId === own.siteId && own.issuer !== '' ? [own.issuer] : []),
    ],
  };
}
