import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { LedgerError } from '../../base/errors.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import { elementHeader, ITEM, itemHeader, SEQUENCE_END } from '../data-set/element-header.js';
import { explicitLittleEndian } from '../data-set/encoding.js';
import { writeFileMeta } from '../transcode/write-file-meta.js';
import { type BulkData, composePixels, type ComposedPixels } from './compose-pixels.js';
import { encodeElements } from './encode-elements.js';

/** Metadata with the values that it names by URI; a URI of several values is one of frames. */
export interface DataSetToCompose {
  dataSet: DicomJson;
  bulk: ReadonlyMap<string, readonly BulkData[]>;
}

const PIXEL_DATA = 0x7fe00010;
const ENCAPSULATED_DOCUMENT = '00420011';

/**
 * The Part 10 file of metadata and bulk data (PS3.18 §10.5): Explicit VR Little Endian, or the transfer syntax of compressed frames. What
 * the pixels or the document tell of themselves is filled in where the metadata leaves it out. The same input always gives the same
 * bytes. Throws `bad-request` for what makes no file.
 */
export async function composeInstance({ dataSet, bulk }: DataSetToCompose): Promise<Buffer[]> {
  const valuesOf = (uri: string): readonly BulkData[] => {
    const found = bulk.get(uri);
    if (found !== undefined) return found;
    throw new LedgerError(
      'bad-request',
      'A BulkDataURI of the metadata names no part of the request; give the part that URI as its Content-Location.',
    );
  };
  const bulkOf = (uri: string): Buffer => {
    const [first, ...more] = valuesOf(uri);
    if (first === undefined || more.length > 0)
      throw new LedgerError('bad-request', 'Several parts have one Content-Location; only frames of Pixel Data may.');
    return first.bytes;
  };

  const pixels = await pixelsOf(dataSet, valuesOf);
  const whole = { ...described(dataSet, valuesOf), ...dataSet, ...completed(dataSet, pixels) };
  const elements = encodeElements({ ...whole, '00080005': { vr: 'CS', Value: ['ISO_IR 192'] } }, bulkOf);
  const before = elements.filter(({ tag }) => tag < PIXEL_DATA).flatMap(({ bytes }) => bytes);
  const after = elements.filter(({ tag }) => tag > PIXEL_DATA).flatMap(({ bytes }) => bytes);
  const meta = writeFileMeta({
    SOPClassUID: uidOf(dataSet, '00080016'),
    SOPInstanceUID: uidOf(dataSet, '00080018'),
    transferSyntaxUID: pixels?.transferSyntaxUID ?? TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid,
  });
  return [meta, ...before, ...(pixels ? pixelElement(pixels, whole) : []), ...after];
}

async function pixelsOf(
  dataSet: DicomJson,
  valuesOf: (uri: string) => readonly BulkData[],
): Promise<ComposedPixels | undefined> {
  const element = dataSet['7FE00010'];
  if (element?.BulkDataURI !== undefined) return composePixels(valuesOf(String(element.BulkDataURI)));
  if ((element?.Value?.length ?? 0) > 0)
    throw new LedgerError('bad-request', 'Pixel Data has a Value; it needs InlineBinary or BulkDataURI.');
  if (element?.InlineBinary === undefined) return undefined;
  return composePixels([
    { mediaType: 'application/octet-stream', bytes: Buffer.from(String(element.InlineBinary), 'base64') },
  ]);
}

/** What is decoded here is described as it is then; else the metadata has the word. */
function completed(dataSet: DicomJson, pixels: ComposedPixels | undefined): DicomJson {
  if (pixels === undefined) return {};
  const frames = pixels.frames.length;
  const said = Number(dataSet['00280008']?.Value?.[0] ?? 1);
  if (pixels.kind === 'encapsulated' && !pixels.isVideo && said !== frames && dataSet['00280008'] !== undefined)
    throw new LedgerError(
      'bad-request',
      `The metadata has NumberOfFrames ${said}, and ${frames} parts have frames; send each frame in a part of its own.`,
    );
  const missing = Object.entries(pixels.attributes).filter(
    ([tag]) => pixels.isDecoded || dataSet[tag]?.Value === undefined || dataSet[tag].Value.length === 0,
  );
  return Object.fromEntries(missing);
}

/** MIME type and length of an encapsulated document (PS3.3 §C.24.2). */
function described(dataSet: DicomJson, valuesOf: (uri: string) => readonly BulkData[]): DicomJson {
  const uri = dataSet[ENCAPSULATED_DOCUMENT]?.BulkDataURI;
  const [document] = uri === undefined ? [] : valuesOf(String(uri));
  if (document === undefined) return {};
  const isTold = document.mediaType !== 'application/octet-stream';
  return {
    ...(isTold && { '00420012': { vr: 'LO', Value: [document.mediaType] } }),
    '00420015': { vr: 'UL', Value: [document.bytes.length] },
  };
}

function pixelElement(pixels: ComposedPixels, dataSet: DicomJson): Buffer[] {
  const padding = (bytes: Buffer): Buffer[] => (bytes.length % 2 === 0 ? [] : [Buffer.alloc(1)]);
  if (pixels.kind === 'native') {
    const [bytes = Buffer.alloc(0)] = pixels.frames;
    const vr = Number(dataSet['00280100']?.Value?.[0] ?? 8) > 8 ? 'OW' : 'OB';
    const byteCount = bytes.length + (bytes.length % 2);
    return [elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr, byteCount }), bytes, ...padding(bytes)];
  }
  return [
    elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr: 'OB', byteCount: undefined }),
    // An empty Basic Offset Table (PS3.5 §A.4).
    itemHeader(explicitLittleEndian, ITEM, 0),
    ...pixels.frames.flatMap((frame) => [
      itemHeader(explicitLittleEndian, ITEM, frame.length + (frame.length % 2)),
      frame,
      ...padding(frame),
    ]),
    itemHeader(explicitLittleEndian, SEQUENCE_END, 0),
  ];
}

/** As far as it is one; the data set is looked at as every other one is. */
function uidOf(dataSet: DicomJson, tag: string): string {
  const value = dataSet[tag]?.Value?.[0];
  return typeof value === 'string' ? value.slice(0, 64) : '';
}
