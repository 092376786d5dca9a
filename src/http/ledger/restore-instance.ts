import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';

interface Call {
  request: Request;
  response: Response;
}

/** Takes the retirement of an instance of this site back, for all sites, and answers 204. Throws `not-found`, and `conflict` for what is not retired. */
export async function restoreInstance(archive: Archive, { request, response }: Call): Promise<void> {
  await archive.restore({ SOPInstanceUID: requireUid(request.params.instance) });
  response.status(204).end();
}

/** The same by what the contract knows an image, which may be one that cannot be read here. */
export async function restoreImage(archive: Archive, { request, response }: Call): Promise<void> {
  const imageId = hexOf(request.params.image, 64, 'image');
  await archive.restore({ imageId });
  response.status(204).end();
}

/**
 * The images of this site that an account (`?by=0x…`) has retired since a time (`?since=2026-11-28T20:00Z`, of the blocks' clock) and nobody has restored:
 * `{"images": ["0x…"]}`, in the order of the chain.
 */
export async function sendRetired(archive: Archive, { request, response }: Call): Promise<void> {
  const query = queryOf(request);
  const account = hexOf(query.get('by') ?? undefined, 40, 'account');
  const images = await archive.retiredBy({ account, since: secondsOf(query.get('since')) });
  response.setHeader('Cache-Control', 'no-store');
  response.json({ images });
}

function hexOf(text: unknown, digits: number, what: string): `0x${string}` {
  if (typeof text === 'string' && new RegExp(`^0x[0-9a-fA-F]{${digits}}$`).test(text))
    return text.toLowerCase() as `0x${string}`;
  throw new LedgerError('bad-request', `That is no ${what}: 0x and ${digits} hex digits.`);
}

/** 0 for none. */
function secondsOf(text: string | null): number {
  if (text === null) return 0;
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds))
    throw new LedgerError('bad-request', 'That is no time: write it as 2026-11-28T20:00Z (ISO 8601).');
  return Math.floor(milliseconds / 1000);
}
