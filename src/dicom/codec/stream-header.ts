import { isJpegYcbcr, MAX_SCANS, readJpegMarkers } from './jpeg-markers.js';
import { readJpegLsFrame } from './jpeg-ls.js';
import type { CodecFamily } from '../../standard/transfer-syntaxes.js';

/** What a codestream says of itself, read without decoding it. */
export interface StreamHeader {
  Rows: number;
  Columns: number;
  SamplesPerPixel: number;
  precisionBits: number;
  isSigned: boolean;
  /** Every sample is kept as it was. */
  isLossless: boolean;
  /** Of three components: what a JPEG stream says that they are. */
  isYcbcr: boolean;
}

/** Undefined for RLE, which has no such header. Throws an Error that says what is wrong. */
export function readStreamHeader(family: CodecFamily, stream: Buffer): StreamHeader | undefined {
  if (family === 'Rle') return undefined;
  if (family === 'Jpeg') return readJpeg(stream);
  if (family === 'JpegLs') return { ...readJpegLsFrame(stream), isSigned: false, isLossless: true, isYcbcr: false };
  return readJpeg2000(stream);
}

const LOSSLESS = 3;

function readJpeg(stream: Buffer): StreamHeader {
  const markers = readJpegMarkers(stream);
  if (markers === undefined) throw new Error('there is no JPEG frame with a scan');
  if (markers.scanCount > MAX_SCANS) throw new Error(`there are ${markers.scanCount} scans, more than ${MAX_SCANS}`);
  const { Rows, Columns, precisionBits, components, startOfFrame } = markers;
  if (startOfFrame > LOSSLESS) throw new Error(`JPEG process SOF${startOfFrame} is not supported`);
  return {
    Rows,
    Columns,
    SamplesPerPixel: components.length,
    precisionBits,
    isSigned: false,
    isLossless: startOfFrame === LOSSLESS,
    isYcbcr: isJpegYcbcr(markers),
  };
}

/** SOC and SIZ: a codestream begins with both (ISO 15444-1 §A.3). */
const JPEG2000_START = Buffer.from([0xff, 0x4f, 0xff, 0x51]);

/** The codestream alone: some writers wrap it in the boxes of a JP2 file, which DICOM does not allow (PS3.5 §A.4.4). */
export function jpeg2000Codestream(stream: Buffer): Buffer {
  const at = stream.indexOf(JPEG2000_START);
  if (at < 0) throw new Error('there is no JPEG 2000 codestream');
  return stream.subarray(at);
}

/** ISO 15444-1 §A.5.1. */
function readJpeg2000(stream: Buffer): StreamHeader {
  const siz = jpeg2000Codestream(stream);
  const SamplesPerPixel = siz.length < 42 ? 0 : siz.readUInt16BE(40);
  if (SamplesPerPixel === 0 || siz.length < 42 + 3 * SamplesPerPixel) throw new Error('the SIZ segment is too short');
  const at = (offset: number): number => siz.readUInt32BE(offset);
  const depths = Array.from({ length: SamplesPerPixel }, (_, index) => siz.readUInt8(42 + 3 * index));
  if (depths.some((depth) => depth !== depths[0])) throw new Error('its components have different depths');
  const isSubsampled = depths.some((_, index) => siz.readUInt16BE(43 + 3 * index) !== 0x0101);
  if (isSubsampled) throw new Error('its components are subsampled, which DICOM does not allow');
  const tileCount = Math.ceil((at(8) - at(32)) / at(24)) * Math.ceil((at(12) - at(36)) / at(28));
  // NaN and Infinity too.
  if (!(tileCount > 0 && tileCount <= 65_535)) throw new Error(`it cannot have ${tileCount} tiles`);
  requireTileParts(siz);
  return {
    Rows: at(12) - at(20),
    Columns: at(8) - at(16),
    SamplesPerPixel,
    precisionBits: ((depths[0] ?? 0) & 0x7f) + 1,
    isSigned: ((depths[0] ?? 0) & 0x80) !== 0,
    isLossless: false,
    isYcbcr: false,
  };
}

const SOT = 0xff90;

/** Every tile part is there to its end: one decoder takes what is missing for zeros (ISO 15444-1 §A.4.2). */
function requireTileParts(codestream: Buffer): void {
  let at = 2;
  while (at + 4 <= codestream.length && codestream.readUInt16BE(at) !== SOT) at += 2 + codestream.readUInt16BE(at + 2);
  for (let part = 0; at + 12 <= codestream.length && codestream.readUInt16BE(at) === SOT; part++) {
    const byteCount = codestream.readUInt32BE(at + 6);
    // 0: the last one, up to the end of the codestream.
    if (byteCount === 0) return;
    if (byteCount < 14 || at + byteCount > codestream.length)
      throw new Error(`tile part ${part} ends beyond the stream`);
    at += byteCount;
  }
}
