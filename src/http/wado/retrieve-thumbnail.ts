import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { frameNumbers } from './retrieve-frames.js';
import { middlePicture } from './middle-picture.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { sendMultipart, sendPayload } from '../message/send-payload.js';

/** PS3.18 §10.4.1.1.4: the stored preview, byte by byte, also of an instance that is only announced; `viewport` is ignored. */
export async function retrieveThumbnail(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const instance = middlePicture(await findInstances(archive, idsOf(request)));
  const { frames } = request.params;
  if (frames !== undefined) {
    const wanted = frameNumbers(frames);
    (await archive.open(instance)).existingFrames(wanted);
  }
  const offer = negotiate(request, THUMBNAIL_OFFERS);
  const payload = await archive.thumbnail(instance);
  if (!offer.value.inParts) {
    await sendPayload(request, response, { payload });
    return;
  }
  const contentLocation = `${dicomwebRoot(request, publicUrl)}${pathOf(instance)}`;
  await sendMultipart(request, response, {
    parts: (async function* () {
      yield { payload, contentLocation };
    })(),
    mediaType: payload.mediaType,
    etagParts: [instance.sha256, payload.etag ?? ''],
  });
}

/** Viewers that fetch pictures like bulk data ask for multipart octet-stream and want the bare image (OHIF). */
const THUMBNAIL_OFFERS: Offer<{ inParts: boolean }>[] = [
  { mediaType: 'image/jpeg', multipart: false, value: { inParts: false } },
  { mediaType: 'image/jpeg', multipart: true, value: { inParts: true } },
  { mediaType: 'application/octet-stream', multipart: true, value: { inParts: false } },
];
