import { TRANSFER_SYNTAXES, frameMediaType, isEncapsulated } from '../../standard/transfer-syntaxes.js';
import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import type { Payload, Representation, StoredInstance } from '../../archive/stored-instance.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import type { KeptAnswers } from '../message/kept-answers.js';
import { lastModified } from '../message/last-modified.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { sendCompressedMultipart } from '../message/send-compressed.js';
import { takesGzip } from '../message/takes-gzip.js';
import { answersFresh, etagOf, sendMultipart, sendPayload } from '../message/send-payload.js';
import { oneBitReason } from './one-bit-reason.js';
import { addWarning } from '../message/add-warning.js';

const OPAQUE = 'application/octet-stream';
const { ExplicitVRLittleEndian, ExplicitVRBigEndian, ...syntaxes } = TRANSFER_SYNTAXES;

/** What instances and frames are compressed into when that is asked for: without loss, but in JPEG Baseline. */
export const COMPRESSED_SYNTAXES = [
  syntaxes.JPEGLSLossless.uid,
  syntaxes.JPEG2000Lossless.uid,
  syntaxes.HTJ2KLossless.uid,
  syntaxes.JPEGLosslessSV1.uid,
  syntaxes.RLELossless.uid,
  syntaxes.JPEGLossless.uid,
  syntaxes.JPEG2000.uid,
  syntaxes.JPEGBaseline8Bit.uid,
] as const;
/** Of those the ones that no media type means by itself (PS3.18 Table 8.7.3-5). */
const NAMED_ONLY: ReadonlySet<string> = new Set([
  syntaxes.JPEGLossless.uid,
  syntaxes.JPEG2000.uid,
  syntaxes.JPEGBaseline8Bit.uid,
]);

/** Frames (PS3.18 §10.4.1.1.6): the pieces that hold them are read and no others; parts in the order of the list. */
export async function retrieveFrames(
  archive: ReadingArchive,
  {
    request,
    response,
    publicUrl,
    compressed,
  }: RootOptions & {
    request: Request;
    response: Response;
    /** Where compressed frames are kept; undefined where none are made. */
    compressed: KeptAnswers | undefined;
  },
): Promise<void> {
  const wanted = frameNumbers(request.params.frames);
  const [instance] = await findInstances(archive, idsOf(request));
  const stored = await archive.open(instance);
  const { numbers, missing } = stored.existingFrames(wanted);
  const offer = negotiate(request, frameOffers(stored, { instance, single: wanted.length === 1 }), {
    reason: oneBitReason([instance]),
  });
  const { mediaType, multipart, value: representation } = offer;
  requireSealed(instance);
  const root = dicomwebRoot(request, publicUrl);
  if (missing.length > 0) {
    response.status(206);
    const sentence = `There are ${stored.frameCount} frames; ${missing.length} of the list are beyond the last.`;
    addWarning(response, root, sentence);
  }
  const open = async (number: number) => labelled(await stored.frame(number, representation), mediaType);
  const changed = lastModified(instance, { isStored: representation === 'stored' });
  if (!multipart) {
    const number = numbers[0] as number;
    const etag = etagOf(['frame', instance.sha256, String(number), representation, mediaType]);
    const validators = { etag, lastModified: changed };
    if (answersFresh(request, response, validators)) return;
    await sendPayload(request, response, { payload: await open(number), validators });
    return;
  }
  const answer = {
    parts: frameParts({ numbers, open, location: `${root}${pathOf(instance)}/frames` }),
    mediaType,
    etagParts: [root, instance.sha256, representation, numbers.join()],
    lastModified: changed,
  };
  const pays = compressed && paysToCompress(instance, { representation, count: numbers.length });
  // A range is one of the bytes as they are.
  if (pays && takesGzip(request, response) && request.headers.range === undefined)
    await sendCompressedMultipart(request, response, {
      ...answer,
      keyParts: [instance.contentKey],
      answers: compressed,
    });
  else await sendMultipart(request, response, answer);
}

/** Uncompressed pixels that are put together in memory: of a few slices. */
const MAX_COMPRESSED_BYTES = 8 * 1024 * 1024;
const SIZE_TAGS = ['00280010', '00280011', '00280002', '00280100'] as const;

function paysToCompress(
  { transferSyntaxUID, instance }: FoundInstance,
  { representation, count }: { representation: Representation; count: number },
): boolean {
  const isPlain =
    representation === 'stored' ? !isEncapsulated(transferSyntaxUID) : representation === ExplicitVRLittleEndian.uid;
  if (!isPlain) return false;
  const [rows, columns, samples, bits] = SIZE_TAGS.map((tag) => Number(instance[tag]?.Value?.[0])) as [
    number,
    number,
    number,
    number,
  ];
  return (rows * columns * samples * bits * count) / 8 <= MAX_COMPRESSED_BYTES;
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

/**
 * `octet-stream; transfer-syntax=*` is the stored codestream under that name, or pixels in little endian: every viewer
 * depends on it. Where a client leaves the choice, or names it among others, it gets what is stored: the codestream, or
 * uncompressed pixels. Types of compressed pixels without a transfer syntax mean the default one of PS3.18 Table 8.7.3-5.
 */
function frameOffers(
  stored: Pick<StoredInstance, 'canRepresentFrames'>,
  { instance, single }: { instance: FoundInstance; single: boolean },
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
  if (stored.canRepresentFrames(ExplicitVRLittleEndian.uid))
    offers.push({
      mediaType: OPAQUE,
      transferSyntaxes: ['', ExplicitVRLittleEndian.uid, ...(isTurned ? ['*'] : [])],
      preferred: own === undefined,
      value: ExplicitVRLittleEndian.uid,
    });
  if (own === undefined) offers.push(storedOffer);
  for (const syntax of COMPRESSED_SYNTAXES) {
    if (syntax === transferSyntaxUID || !stored.canRepresentFrames(syntax)) continue;
    const mediaType = frameMediaType(syntax) ?? OPAQUE;
    const isNamed = mediaType === own || NAMED_ONLY.has(syntax);
    offers.push({ mediaType, transferSyntaxes: isNamed ? [syntax] : ['', syntax], value: syntax });
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
