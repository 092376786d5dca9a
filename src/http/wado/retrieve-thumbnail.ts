import type { Request, Response } from 'express';
import type { ReadingArchive } from '../../archive/archive.js';
import type { PictureMediaType } from '../../standard/rendering.js';
import { lastModified } from '../message/last-modified.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { frameNumbers } from './retrieve-frames.js';
import { middlePicture } from './middle-picture.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { answersFresh, etagOf, sendMultipart, sendPayload } from '../message/send-payload.js';
import { requireThumbnailViewport } from './rendering-parameters.js';

/**
 * PS3.18 §10.4.1.1.4: the stored preview, as JPEG byte by byte, also of an instance that is only announced; a `viewport` that can be one
 * has no effect.
 */
export async function retrieveThumbnail(
  archive: ReadingArchive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  requireThumbnailViewport(queryOf(request));
  const instance = middlePicture(await findInstances(archive, idsOf(request)));
  const { frames } = request.params;
  if (frames !== undefined) {
    const wanted = frameNumbers(frames);
    (await archive.open(instance)).existingFrames(wanted);
  }
  const { mediaType, inParts } = negotiate(request, THUMBNAIL_OFFERS).value;
  const preview = await archive.thumbnail(instance);
  const etagParts = [mediaType, preview.etag ?? ''];
  const made = async () => (mediaType === 'image/jpeg' ? preview : archive.thumbnail(instance, mediaType));
  if (!inParts) {
    const isOne = request.params.instance !== undefined;
    const changed = isOne ? lastModified(instance, { isStored: mediaType === 'image/jpeg' }) : undefined;
    const validators = { etag: etagOf(['thumbnail', ...etagParts]), lastModified: changed };
    if (answersFresh(request, response, validators)) return;
    await sendPayload(request, response, { payload: await made(), validators });
    return;
  }
  const contentLocation = `${dicomwebRoot(request, publicUrl)}${pathOf(instance)}`;
  await sendMultipart(request, response, {
    parts: (async function* () {
      yield { payload: await made(), contentLocation };
    })(),
    mediaType,
    etagParts: [instance.sha256, ...etagParts],
  });
}

interface Choice {
  mediaType: PictureMediaType;
  inParts: boolean;
}

/** PS3.18 Table 8.7.4-1. Viewers that fetch pictures like bulk data ask for multipart octet-stream and want the bare image (OHIF). */
const THUMBNAIL_OFFERS: Offer<Choice>[] = [
  ...[false, true].flatMap((multipart) =>
    (['image/jpeg', 'image/png', 'image/gif'] as const).map((mediaType) => ({
      mediaType,
      multipart,
      value: { mediaType, inParts: multipart },
    })),
  ),
  { mediaType: 'application/octet-stream', multipart: true, value: { mediaType: 'image/jpeg', inParts: false } },
];
