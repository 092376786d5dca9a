import type { Request } from 'express';
import type { Archive } from '../../archive/archive.js';
import type { Principal } from '../../access/principal.js';
import type { ShareLinks } from '../../access/share-links.js';
import { LedgerError } from '../../base/errors.js';
import { findInstances, requireUid } from '../message/find-instances.js';
import { numberOf } from './read-fields.js';

const MAX_HOURS = 168;
const MAX_USES = 1000;

/**
 * Makes the link that `values` describe: `StudyInstanceUID`, `hours` (1 to 168) and, if wanted, `uses` (1 to 1000). `archive` is what
 * its maker sees. Throws `bad-request`, `not-found` for a study that the maker does not see, and `forbidden` for whom may not read.
 */
export async function makeLink(
  { archive, shareLinks }: { archive: Archive; shareLinks: ShareLinks },
  { values, maker }: { values: Record<string, unknown>; maker: Principal },
): Promise<{ id: string; path: string }> {
  if (!maker.permissions.has('read'))
    throw new LedgerError('forbidden', `${maker.name} may not look at studies, so cannot let others look at one.`);
  const StudyInstanceUID = requireUid(String(values['StudyInstanceUID']).trim());
  const hours = numberOf(values['hours']);
  const maxUses = numberOf(values['uses']);
  if (hours === undefined || !(hours >= 1 && hours <= MAX_HOURS))
    throw new LedgerError('bad-request', `"hours" has to be a whole number from 1 to ${MAX_HOURS}.`);
  if (maxUses !== undefined && !(maxUses >= 1 && maxUses <= MAX_USES))
    throw new LedgerError('bad-request', `"uses" has to be a whole number from 1 to ${MAX_USES}, or left out.`);
  await findInstances(archive, { StudyInstanceUID });
  return shareLinks.add({ StudyInstanceUID, hours, maxUses, madeBy: maker.name });
}

/** Throws `not-found`. */
export function revokeLink(shareLinks: ShareLinks, request: Request): void {
  if (!shareLinks.revoke(String(request.params['link'])))
    throw new LedgerError(
      'not-found',
      'No share link of this id can be revoked; GET /access/links lists those that there are.',
    );
}
