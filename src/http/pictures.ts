import { Router, type Request, type Response } from 'express';
import type { Archive, CatalogInstance, Payload } from '../archive/archive.js';
import { LedgerError } from '../errors.js';
import { negotiate, type Offer } from './accept.js';
import { existingFrames, frameNumbers } from './frames.js';
import { dicomwebRoot, queryOf, type RootOptions } from './request-url.js';
import { findInstances, idsOf, pathOf, requireSealed, resource } from './resource.js';
import { cacheControl, sendMultipart, sendPayload } from './send-payload.js';
import { addWarning, ignoredParameters } from './warning.js';

type Picture = 'image/jpeg' | 'image/png';

/** PS3.18 §8.3.5, not there yet. */
const renderingParameters = ['annotation', 'quality', 'viewport', 'window', 'iccprofile', 'presentationuid'];

const atInstance = '/studies/:study/series/:series/instances/:instance';
const parents = ['/studies/:study', '/studies/:study/series/:series', atInstance, `${atInstance}/frames/:frames`];

/** Rendered resources and thumbnails (PS3.18 §10.4.1.1.3, §10.4.1.1.4) of a study, a series, an instance or one frame. */
export function pictureRoutes(archive: Archive, options: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  for (const parent of parents) {
    resource(router, `${parent}/rendered`, {
      get: (request, response) => render(archive, { ...options, request, response }),
    });
    resource(router, `${parent}/thumbnail`, {
      get: (request, response) => thumbnail(archive, { ...options, request, response }),
    });
  }
  return router;
}

type Exchange = RootOptions & { request: Request; response: Response };

/** With the default window. Rendering parameters have no effect yet, which a Warning says. */
async function render(archive: Archive, { request, response, publicUrl }: Exchange): Promise<void> {
  const { instance, frame } = findPicture(archive, request);
  const offer = negotiate(request, pictureOffers(['image/jpeg', 'image/png']));
  requireSealed(instance);
  const root = dicomwebRoot(request, publicUrl);
  const ignored = renderingParameters.filter((name) => queryOf(request).has(name));
  if (ignored.length > 0) addWarning(response, root, ignoredParameters(ignored));
  const payload = await archive.rendered(instance, {
    mediaType: offer.value,
    ...(frame === undefined ? {} : { frame }),
  });
  await send({ request, response, publicUrl }, { instance, payload, offer, caching: cacheControl.revalidate });
}

/** The stored preview, byte by byte, also of an instance that is only announced; `viewport` is ignored. */
async function thumbnail(archive: Archive, { request, response, publicUrl }: Exchange): Promise<void> {
  const { instance } = findPicture(archive, request);
  const offer = negotiate(request, pictureOffers(['image/jpeg']));
  const lasting = request.params.instance !== undefined && instance.state === 'sealed';
  const caching = lasting ? cacheControl.forever : cacheControl.revalidate;
  await send({ request, response, publicUrl }, { instance, payload: archive.thumbnail(instance), offer, caching });
}

/** The instance itself; of a study or series the middle one of those that have pixels, else of all, in their order. */
function findPicture(archive: Archive, request: Request): { instance: CatalogInstance; frame: number | undefined } {
  const { frames } = request.params;
  const wanted = frames === undefined ? undefined : frameNumbers(frames);
  const found = findInstances(archive, idsOf(request));
  const withPixels = found.filter((one) => one.instance[Rows] !== undefined);
  const instance = middleOf(withPixels) ?? middleOf(found) ?? found[0];
  if (wanted === undefined) return { instance, frame: undefined };
  if (wanted.length > 1)
    throw new LedgerError(
      'not-implemented',
      `${wanted.length} frames in one picture answer are not possible yet; ask for one frame at a time.`,
    );
  return { instance, frame: existingFrames(archive, { instance, wanted }).numbers[0] };
}

const Rows = '00280010';

function middleOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(list.length / 2)];
}

/** Viewers that fetch pictures like bulk data ask for multipart octet-stream and want the bare image (OHIF). */
function pictureOffers(types: readonly Picture[]): Offer<Picture>[] {
  const single = types.map((mediaType) => ({ mediaType, multipart: false, value: mediaType }));
  const multipart = types.map((mediaType) => ({ mediaType, multipart: true, value: mediaType }));
  return [...single, ...multipart, { mediaType: 'application/octet-stream', multipart: true, value: 'image/jpeg' }];
}

async function send(
  { request, response, publicUrl }: Exchange,
  {
    instance,
    payload,
    offer,
    caching,
  }: {
    instance: CatalogInstance;
    payload: Payload;
    offer: Offer<Picture>;
    caching: (typeof cacheControl)[keyof typeof cacheControl];
  },
): Promise<void> {
  if (!offer.multipart || offer.mediaType === 'application/octet-stream') {
    await sendPayload(request, response, { payload, cacheControl: caching });
    return;
  }
  const contentLocation = `${dicomwebRoot(request, publicUrl)}${pathOf(instance)}`;
  await sendMultipart(request, response, {
    parts: (async function* () {
      yield { payload, contentLocation };
    })(),
    mediaType: payload.mediaType,
    etagParts: [instance.sha256, payload.etag ?? ''],
    cacheControl: caching,
  });
}
