import type { RequestHandler } from 'express';
import type { Sharing } from '../../archive/sharing/sharing.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { requireSiteId } from '../message/archive-of-site.js';
import { queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import { requireRingId } from './require-ring-id.js';
import { requireSeesAll } from './sharing-for.js';

/**
 * Gives site `?to=` the study `?StudyInstanceUID=`, with `mayAdd=true` the right to add series to it too, or all of the ring `?ring=`. Answers, once
 * the chain has it, in which rings it lies.
 */
export const shareWithSite =
  (sharing: Sharing): RequestHandler =>
  async (request, response) => {
    requireSeesAll(response);
    const query = queryOf(request);
    const to = requireSiteId(query.get('to') ?? undefined);
    const [study, ring] = [query.get('StudyInstanceUID'), query.get('ring')];
    const mayAdd = booleanOf(query.get('mayAdd'));
    if ((study === null) === (ring === null) || (ring !== null && mayAdd))
      throw new LedgerError('bad-request', 'Name what is given: ?StudyInstanceUID=, to which mayAdd=true may belong, or ?ring=.'); // prettier-ignore
    const { name } = principalOf(response);
    const shared = async (): Promise<string[]> => {
      if (study !== null)
        return (await sharing.shareStudy({ StudyInstanceUID: requireUid(study), to, mayAdd }, name)).rings;
      const ringId = requireRingId(ring!);
      await sharing.shareRing({ ringId, to }, name);
      return [ringId];
    };
    response.json({ to, rings: await shared() });
  };

function booleanOf(text: string | null): boolean {
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw new LedgerError('bad-request', `mayAdd is true or false, not "${text.slice(0, 40)}".`);
}
