import type { Request, Response } from 'express';
import type { ReadingArchive } from '../../archive/archive.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { negotiate } from '../message/negotiate.js';
import { renderedOffers, subjectsOf } from './rendered-offers.js';
import { renderingParameters } from './rendering-parameters.js';
import { sendRendered } from './send-rendered.js';

/**
 * PS3.18 §10.4.1.1.3. A study or series is a multipart of all its pictures, or the middle one for a client that asks for a
 * single part; several frames are a part each, or one animated GIF.
 */
export async function retrieveRendered(
  archive: ReadingArchive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const root = dicomwebRoot(request, publicUrl);
  const parameters = renderingParameters(queryOf(request));
  const subjects = await subjectsOf(archive, request);
  const offers = renderedOffers(archive, subjects);
  // The archive says why there is nothing to offer.
  if (offers.length === 0) await (await archive.open(subjects.each[0].instance)).rendered({ mediaType: 'image/jpeg' });
  const { value: choice } = negotiate(request, offers);
  await sendRendered(archive, { request, response, root, subjects, choice, parameters });
}
