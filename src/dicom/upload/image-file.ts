import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { swapsSides } from '../codec/exif.js';
import type { InstanceSource } from '../data-set/instance-header.js';
import { isJpegYcbcr, isSubsampled, MAX_SCANS, readJpegMarkers, type JpegMarkers } from '../codec/jpeg-markers.js';
import { PNG_SIGNATURE, readPngChunks } from './png-chunks.js';
import { MAX_PIXELS } from '../codec/native-frame.js';

export type ImageMediaType = Exclude<InstanceSource, 'part10'>;

/** How an image file appears as DICOM pixels. Read from its headers alone: equal bytes always give an equal description. */
export interface ImageFile {
  mediaType: ImageMediaType;
  /** JPEG Baseline or Extended for a file that is encapsulated as it is, else Explicit VR Little Endian. */
  transferSyntaxUID: string;
  /** Upright. */
  Rows: number;
  Columns: number;
  SamplesPerPixel: 1 | 3;
  PhotometricInterpretation: 'MONOCHROME2' | 'RGB' | 'YBR_FULL' | 'YBR_FULL_422';
  BitsAllocated: 8 | 16;
  /** EXIF 1 to 8: how the stored pixels lie. */
  orientation: number;
  /** Native pixels: what was done to get them. */
  DerivationDescription?: string;
  isCmyk: boolean;
  hasTransparency: boolean;
}

const { ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGExtended12Bit } = TRANSFER_SYNTAXES;

/** Reads what the file is; a sentence for people where it cannot be taken. */
export function readImageFile(bytes: Buffer, mediaType: ImageMediaType): ImageFile | string {
  const found = sniff(bytes);
  if (found === undefined)
    return `The file is declared as ${mediaType} but is neither JPEG nor PNG; send one of these.`;
  if (found !== mediaType)
    return `The file is declared as ${mediaType} but its bytes are ${found}; send it as ${found}.`;
  const file = found === 'image/jpeg' ? readJpeg(bytes) : readPng(bytes);
  if (typeof file === 'string') return file;
  const { Rows, Columns } = file;
  if (Rows === 0 || Columns === 0 || Rows > 0xffff || Columns > 0xffff) {
    return `The image has ${Columns} × ${Rows} pixels; each side can have 1 to 65535.`;
  }
  if (Rows * Columns > MAX_PIXELS) {
    return `The image has ${Columns} × ${Rows} pixels, which are more than ${MAX_PIXELS}; send it smaller or in parts.`;
  }
  return file;
}

/** The media type that the first bytes tell. */
function sniff(bytes: Buffer): ImageMediaType | undefined {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return 'image/png';
  return bytes.length > 2 && bytes.readUIntBE(0, 3) === 0xffd8ff ? 'image/jpeg' : undefined;
}

function readJpeg(bytes: Buffer): ImageFile | string {
  const markers = readJpegMarkers(bytes);
  if (markers === undefined) return 'The JPEG file has no frame header or no scan; it is damaged or cut off.';
  const { startOfFrame, precisionBits, components, orientation, scanCount } = markers;
  const count = components.length;
  if (precisionBits !== 8 || startOfFrame > 2) {
    return `The JPEG file is of process SOF${startOfFrame} with ${precisionBits} bits; send 8-bit baseline or progressive JPEG, or PNG.`;
  }
  if (count !== 1 && count !== 3 && count !== 4) return `The JPEG file has ${count} components; send 1, 3 or 4.`;
  if (scanCount > MAX_SCANS) return `The JPEG file has ${scanCount} scans, more than ${MAX_SCANS}; save it anew.`;
  const reasons = [
    startOfFrame === 2 && 'progressive JPEG',
    count === 4 && 'CMYK',
    orientation !== 1 && `turned upright from EXIF orientation ${orientation}`,
  ].filter((reason) => reason !== false);
  const asItIs = reasons.length === 0;
  return {
    mediaType: 'image/jpeg',
    transferSyntaxUID: !asItIs
      ? ExplicitVRLittleEndian.uid
      : startOfFrame === 0
        ? JPEGBaseline8Bit.uid
        : JPEGExtended12Bit.uid,
    ...uprightSides(markers),
    SamplesPerPixel: count === 1 ? 1 : 3,
    PhotometricInterpretation: count === 1 ? 'MONOCHROME2' : asItIs ? encapsulatedColours(markers) : 'RGB',
    BitsAllocated: 8,
    orientation,
    isCmyk: count === 4,
    hasTransparency: false,
    ...(!asItIs && { DerivationDescription: `Decoded from JPEG: ${reasons.join(', ')}` }),
  };
}

function encapsulatedColours(markers: JpegMarkers): ImageFile['PhotometricInterpretation'] {
  if (!isJpegYcbcr(markers)) return 'RGB';
  return isSubsampled(markers) ? 'YBR_FULL_422' : 'YBR_FULL';
}

function readPng(bytes: Buffer): ImageFile | string {
  const chunks = readPngChunks(bytes);
  if (chunks === undefined) return 'The PNG file lacks its header, its pixels or its end; it is damaged or cut off.';
  const { bitDepth, colourType, hasTransparency, orientation } = chunks;
  const isGray = colourType === 0 || colourType === 4;
  const reasons = [
    colourType === 3 && 'palette',
    bitDepth < 8 && colourType === 0 && `${bitDepth}-bit gray spread over 8 bits`,
    bitDepth === 16 && !isGray && '16-bit colours reduced to 8 bits',
    hasTransparency && 'transparency laid on black',
    orientation !== 1 && `turned upright from EXIF orientation ${orientation}`,
  ].filter((reason) => reason !== false);
  return {
    mediaType: 'image/png',
    transferSyntaxUID: ExplicitVRLittleEndian.uid,
    ...uprightSides(chunks),
    SamplesPerPixel: isGray ? 1 : 3,
    PhotometricInterpretation: isGray ? 'MONOCHROME2' : 'RGB',
    BitsAllocated: bitDepth === 16 && isGray ? 16 : 8,
    orientation,
    isCmyk: false,
    hasTransparency,
    DerivationDescription: ['Decoded from PNG', ...(reasons.length > 0 ? [reasons.join(', ')] : [])].join(': '),
  };
}

function uprightSides({ Rows, Columns, orientation }: { Rows: number; Columns: number; orientation: number }) {
  return swapsSides(orientation) ? { Rows: Columns, Columns: Rows } : { Rows, Columns };
}
