import sharp from 'sharp';
import { LedgerError } from '../../base/errors.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import { isEncapsulated, isVideo, TRANSFER_SYNTAXES, traitsOf } from '../../standard/transfer-syntaxes.js';
import { jpeg2000Codestream, readJpeg2000Header } from '../codec/jpeg2000-header.js';
import { readJpegLsFrame } from '../codec/jpeg-ls.js';
import { isJpegYcbcr, isSubsampled, readJpegMarkers } from '../codec/jpeg-markers.js';
import { MAX_PIXELS } from '../codec/native-frame.js';
import { readImageFile } from '../upload/image-file.js';
import { nativePixels } from '../upload/native-pixels.js';

/** One value that metadata names by URI. */
export interface BulkData {
  /** In lower case, without parameters. */
  mediaType: string;
  /** The parameter `transfer-syntax`. */
  transferSyntaxUID?: string;
  bytes: Buffer;
}

export interface ComposedPixels {
  kind: 'native' | 'encapsulated';
  transferSyntaxUID: string;
  /** Of native pixels one value with all of them; else one codestream for each frame, and of a video one stream. */
  frames: Buffer[];
  isVideo: boolean;
  /** They were another kind of file, so that `attributes` are right whatever the metadata says. */
  isDecoded: boolean;
  /** Of the Image Pixel Module (PS3.3 §C.7.6.3), as far as the pixels tell. */
  attributes: DicomJson;
}

const { ExplicitVRLittleEndian, ...SYNTAXES } = TRANSFER_SYNTAXES;
/** Where the bytes do not tell more: PS3.18 Table 8.7.3-5. */
const BY_TYPE: Partial<Record<string, string>> = {
  'image/jls': SYNTAXES.JPEGLSLossless.uid,
  'image/x-jls': SYNTAXES.JPEGLSLossless.uid,
  'image/jp2': SYNTAXES.JPEG2000Lossless.uid,
  'image/j2c': SYNTAXES.JPEG2000Lossless.uid,
  'image/jphc': SYNTAXES.HTJ2KLossless.uid,
  'image/dicom-rle': SYNTAXES.RLELossless.uid,
  'video/mpeg': SYNTAXES.MPEG2MPML.uid,
  'video/mpeg2': SYNTAXES.MPEG2MPML.uid,
  'video/mp4': SYNTAXES.MPEG4HP41.uid,
};

/** Makes Pixel Data of parts of a request: frames as they are where DICOM knows their coding, else decoded. Throws `bad-request`. */
export async function composePixels(parts: readonly BulkData[]): Promise<ComposedPixels> {
  const [first] = parts;
  if (first === undefined) throw fault('There is no part with Pixel Data');
  const { mediaType, transferSyntaxUID: said } = first;
  if (parts.some((part) => part.mediaType !== mediaType || part.transferSyntaxUID !== said))
    throw fault('The frames are not all of one media type');
  if (mediaType === 'application/octet-stream' && (said === undefined || !isEncapsulated(said))) {
    if (said !== undefined && traitsOf(said).bigEndian) throw fault('Native Pixel Data has to be little endian');
    return { ...native(parts.map(({ bytes }) => bytes)), isDecoded: false, attributes: {} };
  }
  if (mediaType === 'image/gif') return gif(parts);
  if (mediaType === 'image/png') return decoded(parts, mediaType);
  if (mediaType === 'image/jpeg') {
    const made = await jpeg(parts);
    const isSaid = said !== undefined && traitsOf(said).frameMediaType === 'image/jpeg';
    return isSaid && made.kind === 'encapsulated' ? { ...made, transferSyntaxUID: said } : made;
  }
  const transferSyntaxUID = said ?? hevcOf(first) ?? BY_TYPE[mediaType];
  if (transferSyntaxUID === undefined || !isEncapsulated(transferSyntaxUID))
    throw fault(`Pixel Data cannot be ${mediaType.slice(0, 80)}`);
  const frames = parts.map(({ bytes }) => (/^image\/(jp2|j2c|jphc)$/.test(mediaType) ? codestreamOf(bytes) : bytes));
  return encapsulated(transferSyntaxUID, frames, streamAttributes(mediaType, frames[0]!));
}

/** Several frames one after the other, as many as the metadata says. */
function native(frames: Buffer[]): Pick<ComposedPixels, 'kind' | 'transferSyntaxUID' | 'frames' | 'isVideo'> {
  const bytes = frames.length === 1 ? frames : [Buffer.concat(frames)];
  return { kind: 'native', transferSyntaxUID: ExplicitVRLittleEndian.uid, frames: bytes, isVideo: false };
}

function encapsulated(transferSyntaxUID: string, frames: Buffer[], attributes: DicomJson): ComposedPixels {
  const lossy: DicomJson = traitsOf(transferSyntaxUID).lossy ? { '00282110': { vr: 'CS', Value: ['01'] } } : {};
  const count: DicomJson = frames.length > 1 ? { '00280008': { vr: 'IS', Value: [frames.length] } } : {};
  return {
    kind: 'encapsulated',
    transferSyntaxUID,
    frames,
    isVideo: isVideo(transferSyntaxUID),
    isDecoded: false,
    attributes: { ...attributes, ...count, ...lossy },
  };
}

/** JPEG by its process (ISO 10918-1 table B.1); what DICOM has no transfer syntax for is decoded. */
async function jpeg(parts: readonly BulkData[]): Promise<ComposedPixels> {
  const streams = parts.map(({ bytes }) => {
    const markers = readJpegMarkers(bytes);
    if (markers === undefined) throw fault('A JPEG has no frame header or no scan');
    return { bytes, markers };
  });
  const [{ bytes, markers }] = streams as [(typeof streams)[number]];
  if (streams.some((one) => one.markers.startOfFrame !== markers.startOfFrame))
    throw fault('The frames are of different JPEG processes');
  const count = markers.components.length;
  const syntax =
    markers.startOfFrame === 3
      ? (predictorOf(bytes) === 1 ? SYNTAXES.JPEGLosslessSV1 : SYNTAXES.JPEGLossless).uid
      : markers.startOfFrame === 1
        ? SYNTAXES.JPEGExtended12Bit.uid
        : markers.startOfFrame === 0
          ? SYNTAXES.JPEGBaseline8Bit.uid
          : undefined;
  if (syntax === undefined || count === 2 || count > 3) return decoded(parts, 'image/jpeg');
  const colours = !isJpegYcbcr(markers) ? 'RGB' : isSubsampled(markers) ? 'YBR_FULL_422' : 'YBR_FULL';
  const described = pixelModule({
    ...markers,
    SamplesPerPixel: count,
    BitsAllocated: markers.precisionBits > 8 ? 16 : 8,
    PhotometricInterpretation: count === 1 ? 'MONOCHROME2' : markers.startOfFrame === 3 ? 'RGB' : colours,
  });
  return encapsulated(
    syntax,
    streams.map((one) => one.bytes),
    described,
  );
}

/** Ss of the first scan, which is the predictor of a lossless process (ISO 10918-1 §B.2.3). */
function predictorOf(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const count = bytes[at + 4];
  return at < 0 || count === undefined ? undefined : bytes[at + 5 + 2 * count];
}

async function decoded(parts: readonly BulkData[], mediaType: 'image/png' | 'image/jpeg'): Promise<ComposedPixels> {
  const files = parts.map(({ bytes }) => readImageFile(bytes, mediaType));
  const [file] = files;
  if (file === undefined || typeof file === 'string') throw new LedgerError('bad-request', file ?? 'There is no file.');
  const kindOf = (one: (typeof files)[number]): string =>
    typeof one === 'string' ? one : [one.Rows, one.Columns, one.SamplesPerPixel, one.BitsAllocated].join();
  if (files.some((one) => kindOf(one) !== kindOf(file)))
    throw fault('The frames have different sizes, colours or depths');
  if (file.Rows * file.Columns * parts.length > MAX_PIXELS)
    throw fault(`The frames have more than ${MAX_PIXELS} pixels`);
  const frames: Buffer[] = [];
  for (const { bytes } of parts) frames.push(await nativePixels(bytes, mediaType).catch(asBadRequest));
  const photometric = file.SamplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB';
  const described = pixelModule({ ...file, precisionBits: file.BitsAllocated, PhotometricInterpretation: photometric });
  return { ...native(frames), isDecoded: true, attributes: { ...described, ...countOf(frames.length) } };
}

/** All pictures of a GIF, on black where it is transparent. */
async function gif(parts: readonly BulkData[]): Promise<ComposedPixels> {
  const [part, ...more] = parts;
  if (part === undefined || more.length > 0) throw fault('A GIF with all of its frames has to be one part');
  const image = sharp(part.bytes, { pages: -1, failOn: 'error', limitInputPixels: MAX_PIXELS });
  const { format, pages = 1, pageHeight, height, width } = await image.metadata().catch(asBadRequest);
  if (format !== 'gif') throw fault('A part that is declared as image/gif is none');
  const pixels = await image
    .flatten({ background: '#000000' })
    .toColourspace('srgb')
    .raw()
    .toBuffer()
    .catch(asBadRequest);
  const Rows = pageHeight ?? height;
  if (pixels.length !== Rows * pages * width * 3) throw fault('A GIF has other pixels than its header tells');
  const described = pixelModule({
    Rows,
    Columns: width,
    SamplesPerPixel: 3,
    BitsAllocated: 8,
    precisionBits: 8,
    PhotometricInterpretation: 'RGB',
  });
  return { ...native([pixels]), isDecoded: true, attributes: { ...described, ...countOf(pages) } };
}

const countOf = (count: number): DicomJson => (count > 1 ? { '00280008': { vr: 'IS', Value: [count] } } : {});

/** What a codestream says of itself; nothing for what says nothing. */
function streamAttributes(mediaType: string, bytes: Buffer): DicomJson {
  try {
    const header = /jls$/.test(mediaType)
      ? readJpegLsFrame(bytes)
      : /^image\/(jp2|j2c|jphc)$/.test(mediaType)
        ? readJpeg2000Header(bytes)
        : undefined;
    if (header === undefined) return {};
    const BitsAllocated = header.precisionBits > 8 ? 16 : 8;
    const photometric = header.SamplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB';
    return pixelModule({ ...header, BitsAllocated, PhotometricInterpretation: photometric });
  } catch (error) {
    throw fault(`A frame is no ${mediaType}: ${(error as Error).message}`);
  }
}

function codestreamOf(bytes: Buffer): Buffer {
  try {
    return jpeg2000Codestream(bytes);
  } catch (error) {
    throw fault((error as Error).message);
  }
}

/** The brand of the samples of an MP4 tells HEVC (ISO 14496-15 §8.4.1). */
function hevcOf({ mediaType, bytes }: BulkData): string | undefined {
  const isHevc = mediaType === 'video/mp4' && (bytes.includes('hvc1') || bytes.includes('hev1'));
  return isHevc ? SYNTAXES.HEVCMP51.uid : undefined;
}

interface PixelModule {
  Rows: number;
  Columns: number;
  SamplesPerPixel: number;
  BitsAllocated: number;
  precisionBits: number;
  isSigned?: boolean;
  PhotometricInterpretation: string;
}

function pixelModule({
  Rows,
  Columns,
  SamplesPerPixel,
  BitsAllocated,
  precisionBits,
  ...rest
}: PixelModule): DicomJson {
  const short = (value: number) => ({ vr: 'US', Value: [value] });
  return {
    '00280002': short(SamplesPerPixel),
    '00280004': { vr: 'CS', Value: [rest.PhotometricInterpretation] },
    ...(SamplesPerPixel > 1 && { '00280006': short(0) }),
    '00280010': short(Rows),
    '00280011': short(Columns),
    '00280100': short(BitsAllocated),
    '00280101': short(precisionBits),
    '00280102': short(precisionBits - 1),
    '00280103': short(rest.isSigned === true ? 1 : 0),
  };
}

function asBadRequest(cause: unknown): never {
  throw new LedgerError('bad-request', 'A picture cannot be decoded; it is damaged, or has too many pixels.', {
    cause,
  });
}

function fault(what: string): LedgerError {
  return new LedgerError('bad-request', `${what}; correct the part and send it again.`);
}
