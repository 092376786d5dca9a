import type { Request, Response } from 'express';
import { LedgerError } from '../../base/errors.js';
import { nameOf } from '../ledger/study-labels.js';
import { requireSiteId } from '../message/archive-of-site.js';
import type { Answer } from '../route.js';
import { reviewOf } from './review-of.js';

/**
 * Lets an image out of the quarantine, or keeps it there for good: 204 for a program, and the page again for a form of it. Throws
 * `not-found` for what is not in quarantine.
 */
export const decideImage =
  (kind: 'released' | 'refused'): Answer =>
  async (archive, { request, response, caller }) => {
    const review = reviewOf(archive, caller);
    const contentKey = String(request.params.contentKey);
    if (!/^[0-9a-f]{64}$/.test(contentKey))
      throw new LedgerError(
        'bad-request',
        'That is no content key: 64 hex digits, as GET /ledger/quarantine has them.',
      );
    if (!(await review.decide(contentKey, { kind, by: nameOf(caller) })))
      throw new LedgerError(
        'not-found',
        'Nothing of that content key is in quarantine; GET /ledger/quarantine lists it.',
      );
    done(request, response);
  };

/** Lets the retirements of one site in one hour have effect, or none; answers as `decideImage`. Throws `not-found` where none are held. */
export const decideRetirements =
  (kind: 'accepted' | 'refused'): Answer =>
  async (archive, { request, response, caller }) => {
    const review = reviewOf(archive, caller);
    const { site, hour: text } = request.params;
    const siteId = requireSiteId(site);
    const hour = Number(text);
    if (!/^\d{1,12}$/.test(String(text)) || hour % 3600 !== 0)
      throw new LedgerError(
        'bad-request',
        'That is no hour: its first second since 1970, as GET /ledger/retirements has it.',
      );
    if (!(await review.decideRetirements({ siteId, hour }, { kind, by: nameOf(caller) })))
      throw new LedgerError(
        'not-found',
        'That site retired no more than usual in that hour; GET /ledger/retirements lists those.',
      );
    done(request, response);
  };

function done(request: Request, response: Response): void {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  if (isForm) response.redirect(303, '/quarantine');
  else response.status(204).end();
}
