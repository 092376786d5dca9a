import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import type { Payload, StoredInstance } from '../../archive/stored-instance.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { lastModified } from '../message/last-modified.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { answersFresh, etagOf, sendMultipart, sendPayload } from '../message/send-payload.js';
import { isOnePart, isPixelData, onePayload, pixelForms, pixelParts } from './pixel-data.js';

const OPAQUE = 'application/octet-stream';

/** Types that a browser may show; any other content of an object is sent as opaque bytes (a stored text/html must not run). */
const SHOWN_IN_BROWSERS =
  /^(application\/(pdf|octet-stream)|image\/(jpeg|png|gif|jp2|jls|bmp|tiff)|video\/[a-z0-9.+-]+|audio\/[a-z0-9.+-]+|text\/plain)$/i;

/** One way of sending a value. */
interface Choice {
  /** Tells it from others of the same media type. */
  as: string;
  parts: (root: string) => AsyncIterable<MultipartPart>;
  /** Where it is one part. */
  alone?: () => Promise<Payload>;
}

/** A value that the metadata gives by URI (PS3.18 §10.4.1.1.5): single part unless multipart is asked for, or several codestreams. */
export async function retrieveBulkData(
  archive: ReadingArchive,
  call: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const [instance] = await findInstances(archive, idsOf(call.request));
  requireSealed(instance);
  const path = ([] as string[]).concat(call.request.params.path ?? []).join('/');
  await sendBulkValue(archive, { ...call, instance, stored: await archive.open(instance), path });
}

/** Sends the value at a path of an instance. Throws `not-found` for one that is not there. */
export async function sendBulkValue(
  archive: ReadingArchive,
  {
    request,
    response,
    publicUrl,
    instance,
    stored,
    path,
  }: RootOptions & {
    request: Request;
    response: Response;
    instance: FoundInstance;
    stored: StoredInstance;
    path: string;
  },
): Promise<void> {
  const isPixels = isPixelData(path) && stored.bulkPaths.includes(path);
  const offers = isPixels
    ? pixelOffers(archive, { instance, stored, path })
    : valueOffers(await stored.bulkData(path), `${pathOf(instance)}/bulkdata/${path}`);
  const { mediaType, multipart, value } = negotiate(request, offers);
  // The media type of an encapsulated document comes from the file: nothing in it may run in this origin.
  if (mediaType !== 'application/pdf')
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'self'; sandbox");
  if (mediaType === OPAQUE && !multipart) response.setHeader('Content-Disposition', 'attachment');
  const root = dicomwebRoot(request, publicUrl);
  const etagParts = [instance.sha256, path, mediaType, value.as];
  const changed = lastModified(instance, { isStored: value.as === 'stored' });
  if (multipart || value.alone === undefined) {
    const [parts, label] = [value.parts(root), [root, ...etagParts]];
    await sendMultipart(request, response, { parts, mediaType, etagParts: label, lastModified: changed });
    return;
  }
  const validators = { etag: etagOf(['bulk data', ...etagParts]), lastModified: changed };
  if (!answersFresh(request, response, validators))
    await sendPayload(request, response, { payload: await value.alone(), validators });
}

function pixelOffers(
  archive: ReadingArchive,
  { instance, stored, path }: { instance: FoundInstance; stored: StoredInstance; path: string },
): Offer<Choice>[] {
  return pixelForms(archive, instance).flatMap(({ value: form, ...offer }) => {
    const isAlone = isOnePart(instance, stored, form.as);
    const value: Choice = {
      as: form.as,
      parts: (root) => pixelParts(stored, { instance, path, form, root }),
      ...(isAlone && { alone: () => onePayload(stored, { instance, path, form }) }),
    };
    return (isAlone ? [false, true] : [true]).map((multipart) => ({ ...offer, multipart, value }));
  });
}

function valueOffers(found: Payload, location: string): Offer<Choice>[] {
  const types = [...new Set([safeMediaType(found.mediaType), OPAQUE])];
  const forms = types.map((mediaType): Omit<Offer<Choice>, 'multipart'> => {
    const payload: Payload = { ...found, mediaType, open: (from) => found.open(from) };
    const parts = async function* (root: string): AsyncGenerator<MultipartPart> {
      yield { payload, contentLocation: `${root}${location}` };
    };
    return { mediaType, value: { as: 'stored', parts, alone: async () => payload } };
  });
  return [false, true].flatMap((multipart) => forms.map((form) => ({ ...form, multipart })));
}

function safeMediaType(mediaType: string): string {
  return SHOWN_IN_BROWSERS.test(mediaType) ? mediaType.toLowerCase() : OPAQUE;
}
