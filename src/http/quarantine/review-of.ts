import type { Principal } from '../../access/principal.js';
import type { Archive, Review } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';

/** What other sites have announced, for one who sees everything: its rows name UIDs. Throws `forbidden` for another. */
export function reviewOf(archive: Pick<Archive, 'review'>, { sees, name }: Principal): Review {
  if (sees === 'everything') return archive.review;
  throw new LedgerError(
    'forbidden',
    `This is of all studies, and ${name} sees a part of them; ask the operator of the server.`,
  );
}
