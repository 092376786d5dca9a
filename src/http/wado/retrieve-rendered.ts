import type { Request, Response } from 'express';
import type { Archive, FoundInstance } from '../../archive/archive.js';
import type { RenderedOptions, RenderedPayload } from '../../archive/stored-instance.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { negotiate } from '../message/negotiate.js';
import { etagOf, CACHE_CONTROL, sendMultipart, sendPayload, isFresh } from '../message/send-payload.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { renderedOffers, subjectsOf, type Subject } from './rendered-offers.js';
import { renderingParameters, type RenderingParameters } from './rendering-parameters.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { pathOf } from '../message/find-instances.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';

/** Makes the payload of one subject. */
type Open = (subject: Subject) => Promise<RenderedPayload>;

/**
 * PS3.18 §10.4.1.1.3. A study or series is a multipart of all its pictures, or the middle one for a client that asks for a
 * single part; several frames are a part each, or one animated GIF.
 */
export async function retrieveRendered(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const root = dicomwebRoot(request, publicUrl);
  const parameters = renderingParameters(queryOf(request));
  const subjects = await subjectsOf(archive, request);
  const { each, missingFrames } = subjects;
  const offers = renderedOffers(archive, subjects);
  // The archive says why there is nothing to offer.
  if (offers.length === 0) await (await archive.open(each[0].instance)).rendered({ mediaType: 'image/jpeg' });
  const { mediaType, chosen, inParts } = negotiate(request, offers).value;
  const sealed = chosen.filter(({ instance }) => instance.state !== 'announced');
  if (sealed.length === 0) requireSealed(chosen[0]?.instance as FoundInstance);
  warn(response, { root, parameters, missingFrames, missing: inParts ? each.length - sealed.length : 0 });
  // What a browser shows of a report runs nothing and loads nothing.
  if (mediaType.startsWith('text/'))
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
    );
  const options = ({ frames }: Subject): RenderedOptions => ({
    mediaType,
    ...(frames && { frames }),
    rendering: parameters.rendering,
  });
  const open: Open = async (subject) => (await archive.open(subject.instance)).rendered(options(subject));
  const etags = sealed.flatMap((subject) => [subject.instance.sha256, JSON.stringify(options(subject))]);
  if (inParts)
    await sendMultipart(request, response, {
      parts: partsOf(sealed, { open, root }),
      mediaType,
      etagParts: [root, ...etags],
    });
  else await sendAlone(request, response, { subject: sealed[0] as Subject, open, etag: etags.join(), root, mediaType });
}

async function sendAlone(
  request: Request,
  response: Response,
  {
    subject,
    open,
    etag,
    root,
    mediaType,
  }: { subject: Subject; open: Open; etag: string; root: string; mediaType: string },
): Promise<void> {
  // XML says its character set itself.
  const contentType =
    mediaType === 'text/html' || mediaType === 'text/plain' ? `${mediaType}; charset=utf-8` : mediaType;
  // Known before anything is decoded.
  response.setHeader('ETag', etagOf([etag, contentType]));
  if (isFresh(request, response)) {
    response.setHeader('Cache-Control', CACHE_CONTROL);
    response.status(304).end();
    return;
  }
  response.removeHeader('ETag');
  const made = await open(subject);
  if (!made.isAnnotated)
    addWarning(response, root, 'Nothing was written over the picture: this server has no fonts, or it is too small.');
  const payload = { ...made, mediaType: contentType, ...(made.isAnnotated && { etag }) };
  await sendPayload(request, response, { payload });
}

async function* partsOf(
  subjects: readonly Subject[],
  { open, root }: { open: Open; root: string },
): AsyncGenerator<MultipartPart> {
  for (const subject of subjects) {
    const { instance, frames } = subject;
    const location = `${root}${pathOf(instance)}${frames ? `/frames/${frames.join()}` : ''}/rendered`;
    yield { payload: await open(subject), contentLocation: location };
  }
}

function warn(
  response: Response,
  {
    root,
    parameters: { ignored, unknownAnnotations },
    missing,
    missingFrames,
  }: { root: string; parameters: RenderingParameters; missing: number; missingFrames: number },
): void {
  if (missing > 0 || missingFrames > 0) response.status(206);
  if (missing > 0) addWarning(response, root, `${missing} instances are not yet or not so to be had and left out.`);
  if (missingFrames > 0) addWarning(response, root, `${missingFrames} frames of the list are beyond the last.`);
  if (ignored.length > 0) addWarning(response, root, ignoredParameters(ignored));
  if (unknownAnnotations.length > 0) {
    const names = unknownAnnotations.slice(0, 10).map((name) => name.slice(0, 64));
    addWarning(response, root, `The following annotation values are not supported: ${names.join(', ')}`);
  }
}
