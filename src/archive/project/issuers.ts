/** Which site speaks for which issuer of patient IDs (`ISSUERS`), until the contract knows it. */
export interface Issuers {
  /** Undefined for one that no site has for itself. */
  siteOf(IssuerOfPatientID: string): number | undefined;
  /** Those that a site speaks for. */
  of(siteId: number): readonly string[];
}

/** @param sites By issuer. */
export function createIssuers(sites: ReadonlyMap<string, number>): Issuers {
  return {
    siteOf: (issuer) => sites.get(issuer),
    of: (siteId) => [...sites].filter(([, site]) => site === siteId).map(([issuer]) => issuer),
  };
}
