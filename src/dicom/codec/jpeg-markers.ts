import { exifOrientation } from './exif.js';

/** Bytes of one marker segment with its two marker bytes. */
interface Segment {
  marker: number;
  offset: number;
  byteCount: number;
}

export interface JpegMarkers {
  /** 0 baseline, 1 extended sequential, 2 progressive, 3 lossless … (ISO 10918-1 table B.1). */
  startOfFrame: number;
  precisionBits: number;
  Rows: number;
  Columns: number;
  components: { id: number; horizontal: number; vertical: number }[];
  hasJfif: boolean;
  /** Of the Adobe marker: 0 none, 1 YCbCr, 2 YCCK. */
  adobeTransform: number | undefined;
  /** EXIF 1 to 8; 1 when nothing is said. */
  orientation: number;
  scanCount: number;
  /** Segments before the first scan. */
  segments: Segment[];
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;

/** A file of more scans is made to keep a decoder busy; cameras and programs write about ten. */
export const MAX_SCANS = 200;

/** Reads the marker segments of a JPEG stream without decoding it. Undefined when it has no frame header or no scan. */
export function readJpegMarkers(bytes: Buffer): JpegMarkers | undefined {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const segments: Segment[] = [];
  let frame: Pick<JpegMarkers, 'startOfFrame' | 'precisionBits' | 'Rows' | 'Columns' | 'components'> | undefined;
  let hasJfif = false;
  let adobeTransform: number | undefined;
  let orientation = 1;
  let scanCount = 0;
  let at = 2;
  for (;;) {
    at = nextMarker(bytes, at);
    const marker = bytes[at + 1];
    if (marker === undefined || marker === EOI) break;
    if (at + 4 > bytes.length) break;
    const byteCount = 2 + bytes.readUInt16BE(at + 2);
    const body = bytes.subarray(at + 4, at + byteCount);
    if (body.length < byteCount - 4 || byteCount < 4) break;
    if (scanCount === 0 && marker !== SOS) segments.push({ marker, offset: at, byteCount });
    if (isStartOfFrame(marker)) {
      if (frame !== undefined || body.length < 6 || body.length < 6 + 3 * body.readUInt8(5)) return undefined;
      frame = {
        startOfFrame: marker - 0xc0,
        precisionBits: body.readUInt8(0),
        Rows: body.readUInt16BE(1),
        Columns: body.readUInt16BE(3),
        components: Array.from({ length: body.readUInt8(5) }, (_, index) => {
          const sampling = body.readUInt8(7 + 3 * index);
          return { id: body.readUInt8(6 + 3 * index), horizontal: sampling >> 4, vertical: sampling & 15 };
        }),
      };
    } else if (marker === APP0 && startsWith(body, 'JFIF\0')) hasJfif = true;
    else if (marker === APP14 && startsWith(body, 'Adobe') && body.length >= 12) adobeTransform = body.readUInt8(11);
    else if (marker === APP1 && startsWith(body, 'Exif\0\0')) orientation = exifOrientation(body.subarray(6));
    else if (marker === SOS) scanCount++;
    at += byteCount;
  }
  if (frame === undefined || scanCount === 0) return undefined;
  return { ...frame, hasJfif, adobeTransform, orientation, scanCount, segments };
}

/**
 * True when three components are luminance and colour differences, by the rules every JPEG reader shares:
 * JFIF says so, Adobe says which, else the component names R, G, B tell RGB.
 */
export function isJpegYcbcr(markers: JpegMarkers): boolean {
  if (markers.hasJfif) return true;
  if (markers.adobeTransform !== undefined) return markers.adobeTransform !== 0;
  return String.fromCharCode(...markers.components.map(({ id }) => id)) !== 'RGB';
}

/**
 * What three components are by what the stream says of itself; undefined where it says nothing, and whoever wrapped it has to know. RGB:
 * Adobe transform 0, or components that are called R, G, B. YCbCr: JFIF (ITU-T T.871), Adobe transform 1, or subsampling, which nobody
 * does to RGB.
 */
export function colourModel(markers: JpegMarkers): 'RGB' | 'YCbCr' | undefined {
  const { adobeTransform, hasJfif, components } = markers;
  if (adobeTransform === 0 || String.fromCharCode(...components.map(({ id }) => id)) === 'RGB') return 'RGB';
  return hasJfif || adobeTransform === 1 || isSubsampled(markers) ? 'YCbCr' : undefined;
}

export function isSubsampled({ components }: JpegMarkers): boolean {
  const [first] = components;
  return components.some(({ horizontal, vertical }) => horizontal !== first?.horizontal || vertical !== first.vertical);
}

/** Offset of the next 0xFF that begins a segment: fill bytes, stuffed zeros and restart markers do not. */
function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1];
    if (marker === undefined) break;
    if (marker === 0xff) continue;
    const isData = marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd7);
    if (!isData) return at;
  }
  return bytes.length;
}

function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function startsWith(body: Buffer, text: string): boolean {
  return body.subarray(0, text.length).equals(Buffer.from(text, 'latin1'));
}
