import { dataSetOf, elementOf } from '../../dicom/data-set/data-set.js';
import { tagHex } from '../../dicom/data-set/dictionary.js';
import { frameCount } from '../../dicom/data-set/frames.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import { MAX_PIXELS } from '../../dicom/codec/native-frame.js';
import { readRange } from '../../dicom/data-set/read-range.js';
import { readReport } from '../../dicom/render/report.js';
import { placeViewport } from '../../dicom/render/viewport.js';
import { reportHtml, reportText, reportXml } from '../../dicom/render/report-text.js';
import { LedgerError } from '../../base/errors.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { PictureMediaType, Viewport } from '../../standard/rendering.js';
import type { FoundInstance } from '../archive.js';
import type { Payload, RenderedOptions, RenderedPayload } from '../stored-instance.js';
import type { MadeCache } from './made-cache.js';
import { wholePayload } from './payload.js';
import { isDocumentType, isReport, renderedTypes } from './rendered-types.js';

/** What is read of an instance to render it. */
export interface RenderedInput {
  instance: FoundInstance;
  /** The decoded header. */
  header: () => InstanceHeader;
  /** The stored bytes. Throws `unavailable` and `gone`. */
  source: () => StreamSource;
}

const Rows = '00280010';
const Columns = '00280011';
const ENCAPSULATED_DOCUMENT = 0x00420011;
const ENCAPSULATED_DOCUMENT_LENGTH = 0x00420015;
const PIXEL_DATA_TOTAL_LENGTH = 0x7fe00003;

/**
 * An instance to look at (PS3.18 §10.4.1.1.3): pictures of frames, reports as text; videos and documents as they are stored.
 * Throws `not-acceptable` for other than `renderedTypes`, before anything is read.
 */
export async function rendered(
  { pictures, made }: { pictures: PictureWorkers; made: MadeCache },
  input: RenderedInput,
  options: RenderedOptions,
): Promise<RenderedPayload> {
  const { mediaType } = options;
  if (!renderedTypes(input.instance).includes(mediaType)) throw notRendered(input.instance);
  const source = input.source();
  const header = input.header();
  if (isReport(input.instance)) return { ...(await report(source, header, mediaType)), isAnnotated: true };
  if (isDocumentType(mediaType)) return { ...document(source, header, mediaType), isAnnotated: true };
  switch (mediaType) {
    case 'video/mp4':
    case 'video/mpeg':
      return { ...video(source, header, mediaType), isAnnotated: true };
    case 'text/html':
    case 'text/plain':
      throw notRendered(input.instance);
    default:
      return picture({ pictures, made }, { instance: input.instance, header, source, options, mediaType });
  }
}

async function report(source: StreamSource, header: InstanceHeader, mediaType: string): Promise<Payload> {
  const write = mediaType === 'text/html' ? reportHtml : mediaType === 'text/xml' ? reportXml : reportText;
  return wholePayload(Buffer.from(write(await readReport(header, source))), mediaType);
}

async function picture(
  { pictures, made }: { pictures: PictureWorkers; made: MadeCache },
  {
    instance,
    header,
    source,
    options: { frames, rendering = {} },
    mediaType,
  }: {
    instance: FoundInstance;
    header: InstanceHeader;
    source: StreamSource;
    options: RenderedOptions;
    mediaType: PictureMediaType;
  },
): Promise<RenderedPayload> {
  requirePicture(instance, rendering.viewport);
  const isMoving = mediaType === 'image/gif' && frameCount(header.frames) > 1;
  const all = Array.from({ length: isMoving ? frameCount(header.frames) : 0 }, (_, at) => at + 1);
  const wanted = frames ?? (isMoving ? all : undefined);
  const picture = { mediaType, rendering, ...(wanted && { frames: wanted }) };
  const rendered = await made.get(instance, JSON.stringify(picture), () => pictures.render(header, source, picture));
  if (!rendered) throw notRendered(instance);
  return { ...wholePayload(rendered.bytes, mediaType), isAnnotated: rendered.isAnnotated };
}

/** Throws `too-large` for more pixels than are decoded, and `bad-request` for a region that has nothing of them. */
function requirePicture(instance: FoundInstance, viewport: Viewport | undefined): void {
  const [height, width] = [firstNumber(instance, Rows), firstNumber(instance, Columns)];
  if (!(width > 0 && height > 0)) return;
  if (width * height > MAX_PIXELS)
    throw new LedgerError(
      'too-large',
      `The image has ${width} × ${height} pixels, more than the ${MAX_PIXELS} that are made a picture of; get its frames.`,
    );
  if (viewport === undefined || placeViewport({ width, height }, viewport)) return;
  throw new LedgerError(
    'bad-request',
    `The region of the viewport at ${viewport.left},${viewport.top} lies outside of the ${width} × ${height} pixels of the image.`,
  );
}

/** Without the byte that makes its length even, where the object says how long it is. */
function document(source: StreamSource, header: InstanceHeader, mediaType: string): Payload {
  const path = tagHex(ENCAPSULATED_DOCUMENT);
  const dataSet = dataSetOf(header);
  const length = elementOf(dataSet, ENCAPSULATED_DOCUMENT_LENGTH)?.value;
  const stated = length?.length === 4 ? length.readUInt32LE() : Infinity;
  const leftOut = header.bulk.find((value) => value.path === path);
  if (!leftOut) {
    const value = elementOf(dataSet, ENCAPSULATED_DOCUMENT)?.value ?? Buffer.alloc(0);
    return wholePayload(value.subarray(0, stated), mediaType);
  }
  const byteCount = stated <= leftOut.byteCount ? stated : leftOut.byteCount;
  return {
    mediaType,
    byteCount,
    open: (from = 0) => readRange(source, header, { offset: leftOut.offset + from, byteCount: byteCount - from }),
  };
}

/**
 * All fragments one after the other, without the byte that makes the last one even where the object says how long they are
 * (PS3.3 §C.7.6.3); a range is read from where it begins.
 */
function video(source: StreamSource, header: InstanceHeader, mediaType: string): Payload {
  if (header.frames?.kind !== 'encapsulated')
    throw new LedgerError('not-acceptable', 'The object says that it is a video, but has no stream; get the instance.');
  const fragments = header.frames.frames.flat();
  const last = fragments.at(-1);
  const storedBytes = fragments.reduce((sum, [, byteCount]) => sum + byteCount, 0);
  const stated = elementOf(dataSetOf(header), PIXEL_DATA_TOTAL_LENGTH)?.value;
  const isPadded = stated?.length === 8 && stated.readBigUInt64LE() === BigInt(storedBytes - 1);
  if (last && isPadded) fragments.splice(-1, 1, [last[0], last[1] - 1]);
  return {
    mediaType,
    byteCount: isPadded ? storedBytes - 1 : storedBytes,
    open: async function* (from = 0) {
      let skip = from;
      for (const [offset, byteCount] of fragments) {
        if (skip < byteCount) yield* source.stream(offset + skip, byteCount - skip);
        skip = Math.max(0, skip - byteCount);
      }
    },
  };
}

function firstNumber({ instance }: FoundInstance, tag: keyof FoundInstance['instance']): number {
  return Number(instance[tag]?.Value?.[0]);
}

function notRendered({ transferSyntaxUID, instance }: FoundInstance): LedgerError {
  const why =
    instance[Rows] === undefined
      ? 'The object has no picture, text or document that can be shown; get the instance or its metadata.'
      : `Pixels in transfer syntax ${transferSyntaxUID} are not decoded here; get the frames as they are stored.`;
  return new LedgerError('not-acceptable', `${why} /thumbnail has the stored preview.`);
}
