/** A transfer syntax of PS3.6 Table A-1; private ones and those of other roots are plain text. */
export type TransferSyntaxUID = `1.2.840.10008.1.2${string}`;

/** The codec that the frames of a transfer syntax need (PS3.5 §A.4). */
export type CodecFamily = 'Rle' | 'Jpeg' | 'JpegLs' | 'Jpeg2000' | 'HtJpeg2000';

/** How a data set is written in a transfer syntax, and its pixels (PS3.5 §10, §A). */
export interface Traits {
  /** Elements carry their value representation. */
  explicitVR: boolean;
  bigEndian: boolean;
  /** The data set is inflated before it is read (PS3.5 §A.5). */
  deflated: boolean;
  /** Pixel Data is not native but in fragments (PS3.5 §A.4), or elsewhere altogether, as JPIP has it (PS3.5 §A.6). */
  encapsulated: boolean;
  /** The fragments hold frames that are not compressed (PS3.5 §A.4.11). */
  nativeInFragments: boolean;
  /** Samples may have lost what they were before. */
  lossy: boolean;
  /** Media type of one frame's bare codestream (PS3.18 Table 8.7.3-5); undefined: application/octet-stream. */
  frameMediaType: string | undefined;
  /** One stream holds all frames (PS3.5 §A.4): its media type (PS3.18 §8.7.3). */
  video: 'video/mpeg' | 'video/mp4' | undefined;
  /** Undefined: frames cannot be decoded here. */
  codec: CodecFamily | undefined;
  /** Frames are written in it here, without loss or with some; undefined: they are not. */
  encodable: 'exactly' | 'lossily' | undefined;
}

export interface TransferSyntax extends Traits {
  uid: TransferSyntaxUID;
}

/** What is taken for true of a transfer syntax of which nothing else is known. */
const UNKNOWN: Traits = {
  explicitVR: true,
  bigEndian: false,
  deflated: false,
  encapsulated: true,
  nativeInFragments: false,
  lossy: false,
  frameMediaType: undefined,
  video: undefined,
  codec: undefined,
  encodable: undefined,
};

const ROOT = '1.2.840.10008.1.2';

function native(branch: string, differing: Partial<Traits> = {}): TransferSyntax {
  return { ...UNKNOWN, encapsulated: false, ...differing, uid: `${ROOT}${branch}` };
}

function encapsulated(branch: string, differing: Partial<Traits> = {}): TransferSyntax {
  return { ...UNKNOWN, ...differing, uid: `${ROOT}${branch}` };
}

const jpeg = { frameMediaType: 'image/jpeg', codec: 'Jpeg' } as const;
const jpegLs = { frameMediaType: 'image/jls', codec: 'JpegLs' } as const;
const jpeg2000 = { frameMediaType: 'image/jp2', codec: 'Jpeg2000' } as const;
const htJpeg2000 = { frameMediaType: 'image/jphc', codec: 'HtJpeg2000' } as const;
const mpeg2 = { video: 'video/mpeg', lossy: true } as const;
const mpeg4 = { video: 'video/mp4', lossy: true } as const;

/**
 * The transfer syntaxes of PS3.6 Table A-1 by keyword. Left out are the retired JPEG processes, MIME and XML encodings and
 * those of real-time video (SMPTE ST 2110): what is not in the table is read as `UNKNOWN` says.
 */
export const TRANSFER_SYNTAXES = {
  ImplicitVRLittleEndian: native('', { explicitVR: false }),
  ExplicitVRLittleEndian: native('.1'),
  EncapsulatedUncompressedExplicitVRLittleEndian: encapsulated('.1.98', { nativeInFragments: true }),
  DeflatedExplicitVRLittleEndian: native('.1.99', { deflated: true }),
  /** Retired. */
  ExplicitVRBigEndian: native('.2', { bigEndian: true }),
  RLELossless: encapsulated('.5', { frameMediaType: 'image/dicom-rle', codec: 'Rle', encodable: 'exactly' }),
  JPEGBaseline8Bit: encapsulated('.4.50', { ...jpeg, lossy: true, encodable: 'lossily' }),
  JPEGExtended12Bit: encapsulated('.4.51', { ...jpeg, lossy: true }),
  JPEGLossless: encapsulated('.4.57', { ...jpeg, encodable: 'exactly' }),
  JPEGLosslessSV1: encapsulated('.4.70', { ...jpeg, encodable: 'exactly' }),
  JPEGLSLossless: encapsulated('.4.80', { ...jpegLs, encodable: 'exactly' }),
  JPEGLSNearLossless: encapsulated('.4.81', { ...jpegLs, lossy: true }),
  JPEG2000Lossless: encapsulated('.4.90', { ...jpeg2000, encodable: 'exactly' }),
  /** May be without loss as well, and is when it is written here. */
  JPEG2000: encapsulated('.4.91', { ...jpeg2000, lossy: true, encodable: 'exactly' }),
  JPEG2000MCLossless: encapsulated('.4.92', { frameMediaType: 'image/jpx' }),
  JPEG2000MC: encapsulated('.4.93', { frameMediaType: 'image/jpx', lossy: true }),
  JPIPReferenced: encapsulated('.4.94'),
  /** Deflated too, but read as it lies: it has no pixels to show, and nothing here speaks JPIP. */
  JPIPReferencedDeflate: encapsulated('.4.95'),
  MPEG2MPML: encapsulated('.4.100', mpeg2),
  MPEG2MPMLF: encapsulated('.4.100.1', mpeg2),
  MPEG2MPHL: encapsulated('.4.101', mpeg2),
  MPEG2MPHLF: encapsulated('.4.101.1', mpeg2),
  MPEG4HP41: encapsulated('.4.102', mpeg4),
  MPEG4HP41F: encapsulated('.4.102.1', mpeg4),
  MPEG4HP41BD: encapsulated('.4.103', mpeg4),
  MPEG4HP41BDF: encapsulated('.4.103.1', mpeg4),
  MPEG4HP422D: encapsulated('.4.104', mpeg4),
  MPEG4HP422DF: encapsulated('.4.104.1', mpeg4),
  MPEG4HP423D: encapsulated('.4.105', mpeg4),
  MPEG4HP423DF: encapsulated('.4.105.1', mpeg4),
  MPEG4HP42STEREO: encapsulated('.4.106', mpeg4),
  MPEG4HP42STEREOF: encapsulated('.4.106.1', mpeg4),
  HEVCMP51: encapsulated('.4.107', mpeg4),
  HEVCM10P51: encapsulated('.4.108', mpeg4),
  JPEGXLLossless: encapsulated('.4.110', { frameMediaType: 'image/jxl' }),
  JPEGXLJPEGRecompression: encapsulated('.4.111', { frameMediaType: 'image/jxl', lossy: true }),
  JPEGXL: encapsulated('.4.112', { frameMediaType: 'image/jxl', lossy: true }),
  HTJ2KLossless: encapsulated('.4.201', { ...htJpeg2000, encodable: 'exactly' }),
  HTJ2KLosslessRPCL: encapsulated('.4.202', htJpeg2000),
  HTJ2K: encapsulated('.4.203', { ...htJpeg2000, lossy: true }),
  JPIPHTJ2KReferenced: encapsulated('.4.204'),
  /** As `JPIPReferencedDeflate`. */
  JPIPHTJ2KReferencedDeflate: encapsulated('.4.205'),
} as const satisfies Record<string, TransferSyntax>;

const byUid = new Map<string, Traits>(Object.values(TRANSFER_SYNTAXES).map((syntax) => [syntax.uid, syntax]));

/** Numbers of this range that the standard has yet to give away are taken for videos, as all before them are. */
const VIDEO_RANGE = /^1\.2\.840\.10008\.1\.2\.4\.10\d(\.1)?$/;

/** What is known of a transfer syntax, or what is taken for true of any other. */
export function traitsOf(transferSyntaxUID: string): Traits {
  const known = byUid.get(transferSyntaxUID);
  if (known) return known;
  return VIDEO_RANGE.test(transferSyntaxUID) ? { ...UNKNOWN, ...mpeg4 } : UNKNOWN;
}

/** Values of this transfer syntax hold frames in fragments (PS3.5 §A.4); of an unknown one too. */
export function isEncapsulated(transferSyntaxUID: string): boolean {
  return traitsOf(transferSyntaxUID).encapsulated;
}

/** MPEG-2, MPEG-4 and HEVC: one stream for all frames. */
export function isVideo(transferSyntaxUID: string): boolean {
  return traitsOf(transferSyntaxUID).video !== undefined;
}

/** Media type of one frame's bare codestream (PS3.18 Table 8.7.3-5); undefined for what has none of its own. */
export function frameMediaType(transferSyntaxUID: string): string | undefined {
  return traitsOf(transferSyntaxUID).frameMediaType;
}

/** Compressed transfer syntaxes that `decodeFrame` knows. */
export const DECODABLE = uidsWith(({ codec }) => codec !== undefined);

/** Compressed transfer syntaxes that `encodeFrame` writes without loss: RLE, JPEG, JPEG-LS, JPEG 2000 and HTJ2K. */
export const ENCODABLE = uidsWith(({ encodable }) => encodable === 'exactly');

function uidsWith(trait: (syntax: TransferSyntax) => boolean): ReadonlySet<string> {
  return new Set(
    Object.values(TRANSFER_SYNTAXES)
      .filter(trait)
      .map(({ uid }) => uid),
  );
}
