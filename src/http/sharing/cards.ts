import type { RequestHandler } from 'express';
import type { Letters } from '../../archive/letters/letters.js';
import { LedgerError } from '../../base/errors.js';
import { requireSiteId } from '../message/archive-of-site.js';

const toIso = (ms: number): string => new Date(ms).toISOString();

/** The cards of all sites that have one: by site. */
export const sendCards =
  (letters: Letters): RequestHandler =>
  async (_request, response) => {
    const cards = await letters.cards();
    response.setHeader('Cache-Control', 'no-store');
    response.json(cards.map(({ publishedAt, ...card }) => ({ ...card, publishedAt: toIso(publishedAt) })));
  };

/** What a champion of this site is to publish: 201. Said again, it is the same as long as it was not published, for a day. */
export const makeCard =
  (letters: Letters): RequestHandler =>
  async (_request, response) => {
    const { cardKey, livesUntil, ...card } = await letters.newCard();
    response.setHeader('Cache-Control', 'no-store');
    response.status(201).json({ ...card, cardKey: `0x${cardKey.toString('hex')}`, livesUntil: toIso(livesUntil) });
  };

/** Remembers that a card was compared: 204. The fingerprint is `?fingerprint=`. */
export const compareCard =
  (letters: Letters): RequestHandler =>
  async (request, response) => {
    const { fingerprint } = request.query;
    if (typeof fingerprint !== 'string' || fingerprint.length > 200)
      throw new LedgerError('bad-request', 'Give the fingerprint that was read out as ?fingerprint=.');
    await letters.compare(requireSiteId(request.params.site), fingerprint);
    response.status(204).end();
  };
