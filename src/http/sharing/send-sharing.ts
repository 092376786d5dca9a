import type { RequestHandler } from 'express';
import type { RingReader, Sharing, SharedRing } from '../../archive/sharing/sharing.js';
import { sharingFor } from './sharing-for.js';

const toIso = (ms: number): string => new Date(ms).toISOString();

/** Who can read what, as JSON; of one study with `?StudyInstanceUID=`. Times are as ISO 8601 has them. */
export const sendSharing =
  (sharing: Sharing): RequestHandler =>
  async (request, response) => {
    const { report } = await sharingFor(sharing, { request, response });
    const { own, others, ...rest } = report;
    response.setHeader('Cache-Control', 'no-store');
    response.json({ ...rest, own: own.map(ringOf), others: others.map(ringOf) });
  };

const ringOf = ({ openedAt, readers, ...ring }: SharedRing): object => ({
  ...ring,
  openedAt: toIso(openedAt),
  readers: readers.map(readerOf),
});

const readerOf = ({ sharedAt, acknowledgedAt, ...reader }: RingReader): object => ({
  ...reader,
  sharedAt: toIso(sharedAt),
  ...(acknowledgedAt !== undefined && { acknowledgedAt: toIso(acknowledgedAt) }),
});
