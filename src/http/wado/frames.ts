import { Router, type Request, type Response } from 'express';
import type { Archive, CatalogInstance, Payload, Representation } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { negotiate, type Offer } from '../message/accept.js';
import { frameMediaType, TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import type { MultipartPart } from '../message/multipart-writer.js';
import { dicomwebRoot, type RootOptions } from '../message/request-url.js';
import { findInstances, idsOf, pathOf, requireSealed, resource } from '../message/resource.js';
import { CACHE_CONTROL, sendMultipart, sendPayload } from '../message/send-payload.js';
import { addWarning } from '../message/warning.js';

const OPAQUE = 'application/octet-stream';
const { ExplicitVRLittleEndian, ExplicitVRBigEndian, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless } =
  TRANSFER_SYNTAXES;

/** What instances and frames are compressed into when that is asked for, each without loss. */
export const LOSSLESS_SYNTAXES = [JPEGLSLossless.uid, JPEG2000Lossless.uid, HTJ2KLossless.uid] as const;

/** Frames (PS3.18 §10.4.1.1.6): the pieces that hold them are read and no others; parts in the order of the list. */
export function frameRoutes(archive: Archive, { publicUrl }: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  resource(router, '/studies/:study/series/:series/instances/:instance/frames/:frames', {
    get: (request, response) => retrieveFrames(archive, { publicUrl, request, response }),
  });
  return router;
}

async function retrieveFrames(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const wanted = frameNumbers(request.params.frames);
  const [instance] = findInstances(archive, idsOf(request));
  const { numbers, missing } = existingFrames(archive, { instance, wanted });
  const offer = negotiate(request, frameOffers(archive, { instance, single: wanted.length === 1 }));
  const { mediaType, multipart, value: representation } = offer;
  requireSealed(instance);
  const root = dicomwebRoot(request, publicUrl);
  if (missing.length > 0) {
    response.status(206);
    const sentence = `There are ${archive.frameCount(instance)} frames; ${missing.length} of the list are beyond the last.`;
    addWarning(response, root, sentence);
  }
  const open = async (number: number) => labelled(await archive.frame(instance, number, representation), mediaType);
  if (!multipart) {
    const payload = await open(numbers[0] as number);
    await sendPayload(request, response, { payload, cacheControl: CACHE_CONTROL.forever });
    return;
  }
  await sendMultipart(request, response, {
    parts: frameParts({ numbers, open, location: `${root}${pathOf(instance)}/frames` }),
    mediaType,
    etagParts: [root, instance.sha256, representation, numbers.join()],
    cacheControl: CACHE_CONTROL.forever,
  });
}

/** Throws `bad-request` unless the list is one of positive whole numbers; one that comes twice is sent once. */
export function frameNumbers(list: string | string[] | undefined): number[] {
  const text = String(list);
  if (!/^\d{1,10}(,\d{1,10})*$/.test(text) || /(^|,)0+(,|$)/.test(text))
    throw new LedgerError(
      'bad-request',
      `"${text.slice(0, 80)}" is not a list of frames: numbers from 1, with commas between them.`,
    );
  return [...new Set(text.split(',').map(Number))];
}

/** Throws `not-found` when none of the frames exists. */
export function existingFrames(
  archive: Archive,
  { instance, wanted }: { instance: CatalogInstance; wanted: readonly number[] },
): { numbers: number[]; missing: number[] } {
  const frameCount = archive.frameCount(instance);
  const numbers = wanted.filter((number) => number <= frameCount);
  if (numbers.length === 0)
    throw new LedgerError(
      'not-found',
      `Frame ${wanted[0]} does not exist: ${instance.SOPInstanceUID} has ${frameCount} frames, counted from 1.`,
    );
  return { numbers, missing: wanted.filter((number) => number > frameCount) };
}

/**
 * `octet-stream; transfer-syntax=*` is the stored codestream under that name, or pixels in little endian: every viewer
 * depends on it. Where a client leaves the choice, or names it among others, it gets what is stored: the codestream, or
 * uncompressed pixels. Types of compressed pixels without a transfer syntax mean the default one of PS3.18 Table 8.7.3-5.
 */
function frameOffers(
  archive: Archive,
  { instance, single }: { instance: CatalogInstance; single: boolean },
): Offer<Representation>[] {
  const { transferSyntaxUID } = instance;
  const own = frameMediaType(transferSyntaxUID);
  const offers: Omit<Offer<Representation>, 'multipart'>[] = [];
  // Numbers in big endian have no place on the web (PS3.18 §8.7.3), and viewers read 8 and 16 bits of them at best.
  const isTurned = transferSyntaxUID === ExplicitVRBigEndian.uid;
  const storedOffer = {
    mediaType: OPAQUE,
    transferSyntaxes: isTurned ? [transferSyntaxUID] : ['*', transferSyntaxUID],
    preferred: true,
    value: 'stored' as const,
  };
  if (own !== undefined)
    offers.push(
      { mediaType: own, transferSyntaxes: ['', '*', transferSyntaxUID], preferred: true, value: 'stored' },
      storedOffer,
    );
  if (archive.canRepresent(instance, ExplicitVRLittleEndian.uid))
    offers.push({
      mediaType: OPAQUE,
      transferSyntaxes: ['', ExplicitVRLittleEndian.uid, ...(isTurned ? ['*'] : [])],
      preferred: own === undefined,
      value: ExplicitVRLittleEndian.uid,
    });
  if (own === undefined) offers.push(storedOffer);
  for (const syntax of LOSSLESS_SYNTAXES) {
    if (syntax === transferSyntaxUID || !archive.canRepresent(instance, syntax)) continue;
    const mediaType = frameMediaType(syntax) ?? OPAQUE;
    offers.push({ mediaType, transferSyntaxes: mediaType === own ? [syntax] : ['', syntax], value: syntax });
    offers.push({ mediaType: OPAQUE, transferSyntaxes: [syntax], value: syntax });
  }
  const forms = single ? [true, false] : [true];
  return forms.flatMap((multipart) => offers.map((offer) => ({ ...offer, multipart })));
}

async function* frameParts({
  numbers,
  open,
  location,
}: {
  numbers: readonly number[];
  open: (number: number) => Promise<Payload>;
  location: string;
}): AsyncGenerator<MultipartPart> {
  for (const number of numbers) yield { payload: await open(number), contentLocation: `${location}/${number}` };
}

function labelled(payload: Payload, mediaType: string): Payload {
  return { ...payload, mediaType, open: (from) => payload.open(from) };
}
