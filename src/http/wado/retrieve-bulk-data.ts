import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import type { Payload } from '../../archive/stored-instance.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { sendMultipart, sendPayload } from '../message/send-payload.js';

const OPAQUE = 'application/octet-stream';

/** Types that a browser may show; any other content of an object is sent as opaque bytes (a stored text/html must not run). */
const SHOWN_IN_BROWSERS =
  /^(application\/(pdf|octet-stream)|image\/(jpeg|png|gif|jp2|jls|bmp|tiff)|video\/[a-z0-9.+-]+|audio\/[a-z0-9.+-]+|text\/plain)$/i;

/** Values that the metadata gives by URI (PS3.18 §10.4.1.1.5): single part unless multipart is asked for. */
export async function retrieveBulkData(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const [instance] = await findInstances(archive, idsOf(request));
  requireSealed(instance);
  const path = ([] as string[]).concat(request.params.path ?? []).join('/');
  const stored = await archive.open(instance);
  const found = await stored.bulkData(path);
  const { mediaType, multipart } = negotiate(request, bulkOffers(found));
  const payload: Payload = { ...found, mediaType, open: (from) => found.open(from) };
  // The media type of an encapsulated document comes from the file: nothing in it may run in this origin.
  if (mediaType !== 'application/pdf')
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'self'; sandbox");
  if (mediaType === OPAQUE && !multipart) response.setHeader('Content-Disposition', 'attachment');
  if (!multipart) {
    await sendPayload(request, response, { payload });
    return;
  }
  const contentLocation = `${dicomwebRoot(request, publicUrl)}${pathOf(instance)}/bulkdata/${path}`;
  await sendMultipart(request, response, {
    parts: once({ payload, contentLocation }),
    mediaType,
    etagParts: [instance.sha256, contentLocation],
  });
}

function bulkOffers({ mediaType }: Payload): Offer<undefined>[] {
  const types = [...new Set([safeMediaType(mediaType), OPAQUE])];
  return [false, true].flatMap((multipart) => types.map((type) => ({ mediaType: type, multipart, value: undefined })));
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}

function safeMediaType(mediaType: string): string {
  return SHOWN_IN_BROWSERS.test(mediaType) ? mediaType.toLowerCase() : 'application/octet-stream';
}
