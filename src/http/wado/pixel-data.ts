import { TRANSFER_SYNTAXES, frameMediaType, isEncapsulated, traitsOf } from '../../standard/transfer-syntaxes.js';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import type { Payload, Representation, StoredInstance } from '../../archive/stored-instance.js';
import { pathOf } from '../message/find-instances.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import type { Offer } from '../message/negotiate.js';

const OPAQUE = 'application/octet-stream';
const EXPLICIT = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
/** Pixel Data, Float Pixel Data and Double Float Pixel Data, those of icons left out. */
const PIXEL_DATA_PATHS = ['7FE00010', '7FE00008', '7FE00009'];

/** How pixel data are sent. */
export interface PixelForm {
  mediaType: string;
  as: Representation;
}

export const isPixelData = (path: string): boolean => PIXEL_DATA_PATHS.includes(path);

/** Of the pixel data of an instance; undefined when it has none. */
export function pixelDataPath({ bulkPaths }: StoredInstance): string | undefined {
  return bulkPaths.find(isPixelData);
}

/**
 * The forms in which the pixel data of an instance can be had (PS3.18 §8.7.3.3), the usual one first: uncompressed, unless they cannot be
 * decoded; else their codestreams under their own media type, or as octets.
 */
export function pixelForms(
  archive: ReadingArchive,
  instance: FoundInstance,
): Pick<Offer<PixelForm>, 'mediaType' | 'transferSyntaxes' | 'value'>[] {
  const { transferSyntaxUID } = instance;
  const explicit = { mediaType: OPAQUE, as: EXPLICIT };
  if (!isEncapsulated(transferSyntaxUID))
    return [{ mediaType: OPAQUE, transferSyntaxes: ['', '*', EXPLICIT], value: explicit }];
  const isDecodable = archive.canRepresent(instance, EXPLICIT);
  const own = frameMediaType(transferSyntaxUID) ?? traitsOf(transferSyntaxUID).video;
  const stored = (mediaType: string): PixelForm => ({ mediaType, as: 'stored' });
  return [
    ...(isDecodable ? [{ mediaType: OPAQUE, transferSyntaxes: ['', EXPLICIT], value: explicit }] : []),
    ...(own ? [{ mediaType: own, transferSyntaxes: ['', '*', transferSyntaxUID], value: stored(own) }] : []),
    {
      mediaType: OPAQUE,
      transferSyntaxes: ['*', transferSyntaxUID, ...(isDecodable ? [] : [''])],
      value: stored(OPAQUE),
    },
  ];
}

/** Whether the pixel data come in one part: uncompressed ones and videos do, every other codestream has one of its own. */
export function isOnePart({ transferSyntaxUID }: FoundInstance, { frameCount }: StoredInstance, as: Representation) {
  return as === EXPLICIT || frameCount < 2 || traitsOf(transferSyntaxUID).video !== undefined;
}

/** The pixel data at `path` in parts, each with the URL where it is by itself below `root`. */
export async function* pixelParts(
  stored: StoredInstance,
  { instance, path, form, root }: { instance: FoundInstance; path: string; form: PixelForm; root: string },
): AsyncGenerator<MultipartPart> {
  const location = `${root}${pathOf(instance)}`;
  if (isOnePart(instance, stored, form.as)) {
    yield {
      payload: await onePayload(stored, { instance, path, form }),
      contentLocation: `${location}/bulkdata/${path}`,
    };
    return;
  }
  for (let number = 1; number <= stored.frameCount; number++)
    yield {
      payload: labelled(await stored.frame(number, form.as), form),
      contentLocation: `${location}/frames/${number}`,
    };
}

/** The pixel data of which `isOnePart` is true. */
export async function onePayload(
  stored: StoredInstance,
  { instance, path, form }: { instance: FoundInstance; path: string; form: PixelForm },
): Promise<Payload> {
  const isDecoded = form.as === EXPLICIT && isEncapsulated(instance.transferSyntaxUID);
  return labelled(isDecoded ? await decoded(stored) : await stored.bulkData(path), form);
}

/** All frames one after the other, each decoded when its turn comes; all have the length of the first. */
async function decoded(stored: StoredInstance): Promise<Payload> {
  const first = await stored.frame(1, EXPLICIT);
  const frameBytes = first.byteCount ?? 0;
  return {
    ...first,
    byteCount: frameBytes * stored.frameCount,
    open: async function* (from = 0) {
      const skipped = frameBytes === 0 ? 0 : Math.floor(from / frameBytes);
      for (let number = skipped + 1; number <= stored.frameCount; number++) {
        const frame = number === 1 ? first : await stored.frame(number, EXPLICIT);
        yield* frame.open(number === skipped + 1 ? from - skipped * frameBytes : 0);
      }
    },
  };
}

function labelled(payload: Payload, { mediaType }: PixelForm): Payload {
  return { ...payload, mediaType, open: (from) => payload.open(from) };
}
