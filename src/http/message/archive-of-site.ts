import type { Principal } from '../../access/principal.js';
import type { Archive, ArchiveSite } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';

/** As the contract counts sites: uint32, from 1. */
const MAX_SITE = 2 ** 32 - 1;

/** The number of a site in a URL. Throws `bad-request` for what cannot be one. */
export function requireSiteId(text: unknown): number {
  const siteId = typeof text === 'string' && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
  if (siteId <= MAX_SITE) return siteId;
  throw new LedgerError(
    'bad-request',
    `"${String(text).slice(0, 40)}" is not the number of a site, which begins with 1; correct the URL.`,
  );
}

interface OfSites<A> extends Pick<Archive, 'sites'> {
  seenBy(visibility: Principal['sees']): A;
  ofSite(siteId: number): A;
}

/**
 * The archive as the site of that number has stored it. Studies that a role or a link names by their UIDs are those that are shown: of
 * another site, the same UID may be another patient's. Throws `not-found` for a number that no site has.
 */
export async function archiveOfSite<A extends OfSites<A>>(
  archive: A,
  { site: text, caller: { sees } }: { site: unknown; caller: Pick<Principal, 'sees'> },
): Promise<A> {
  const siteId = requireSiteId(text);
  if (!(await archive.sites()).some((site) => site.siteId === siteId))
    throw new LedgerError(
      'not-found',
      `The consortium has no site ${siteId}; "dicom-ledger site list" gives the numbers of those that there are.`,
    );
  const namesStudies = sees !== 'everything' && sees.studies !== undefined;
  return (namesStudies ? archive.seenBy({ ...sees, studies: [] }) : archive).ofSite(siteId);
}

/** As the contract has it; empty for one that it did not name. */
export function siteName(sites: readonly ArchiveSite[], siteId: number): string {
  return sites.find((site) => site.siteId === siteId)?.name ?? '';
}
