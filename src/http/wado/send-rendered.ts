import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import type { RenderedOptions, RenderedPayload } from '../../archive/stored-instance.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';
import { pathOf } from '../message/find-instances.js';
import { lastModified } from '../message/last-modified.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { answersFresh, etagOf, sendMultipart, sendPayload } from '../message/send-payload.js';
import type { Choice, Subject, Subjects } from './rendered-offers.js';
import type { RenderingParameters } from './rendering-parameters.js';

/** Makes the payload of one subject. */
type Open = (subject: Subject) => Promise<RenderedPayload>;

/** Sends what a client has chosen of a rendered resource, in parts or alone. */
export async function sendRendered(
  archive: ReadingArchive,
  {
    request,
    response,
    root,
    subjects: { each, missingFrames },
    choice: { mediaType, chosen, inParts },
    parameters,
  }: {
    request: Request;
    response: Response;
    root: string;
    subjects: Subjects;
    choice: Choice;
    parameters: RenderingParameters;
  },
): Promise<void> {
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
  else await sendAlone(request, response, { subject: sealed[0] as Subject, open, etags, root, mediaType });
}

async function sendAlone(
  request: Request,
  response: Response,
  {
    subject,
    open,
    etags,
    root,
    mediaType,
  }: { subject: Subject; open: Open; etags: readonly string[]; root: string; mediaType: string },
): Promise<void> {
  // XML says its character set itself.
  const contentType =
    mediaType === 'text/html' || mediaType === 'text/plain' ? `${mediaType}; charset=utf-8` : mediaType;
  const validators = {
    etag: etagOf(['rendered', ...etags]),
    lastModified: lastModified(subject.instance, { isStored: false }),
  };
  if (answersFresh(request, response, validators)) return;
  const made = await open(subject);
  const payload = { ...made, mediaType: contentType };
  if (made.isAnnotated) {
    await sendPayload(request, response, { payload, validators });
    return;
  }
  response.removeHeader('ETag');
  response.removeHeader('Last-Modified');
  addWarning(response, root, 'Nothing was written over the picture: this server has no fonts, or it is too small.');
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
