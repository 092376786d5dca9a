/** Which codec a transfer syntax needs (PS3.5 §A.4). */
export type CodecFamily = 'Rle' | 'Jpeg' | 'JpegLs' | 'Jpeg2000' | 'HtJpeg2000';

const FAMILIES: Record<string, CodecFamily> = {
  '1.2.840.10008.1.2.5': 'Rle',
  '1.2.840.10008.1.2.4.50': 'Jpeg',
  '1.2.840.10008.1.2.4.51': 'Jpeg',
  '1.2.840.10008.1.2.4.57': 'Jpeg',
  '1.2.840.10008.1.2.4.70': 'Jpeg',
  '1.2.840.10008.1.2.4.80': 'JpegLs',
  '1.2.840.10008.1.2.4.81': 'JpegLs',
  '1.2.840.10008.1.2.4.90': 'Jpeg2000',
  '1.2.840.10008.1.2.4.91': 'Jpeg2000',
  '1.2.840.10008.1.2.4.201': 'HtJpeg2000',
  '1.2.840.10008.1.2.4.202': 'HtJpeg2000',
  '1.2.840.10008.1.2.4.203': 'HtJpeg2000',
};

/** Compressed transfer syntaxes that `decodeFrame` knows. */
export const DECODABLE: ReadonlySet<string> = new Set(Object.keys(FAMILIES));

/** Compressed transfer syntaxes that `encodeFrame` writes, each without loss: RLE, JPEG, JPEG-LS, JPEG 2000 and HTJ2K. */
export const ENCODABLE: ReadonlySet<string> = new Set([
  '1.2.840.10008.1.2.5',
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.201',
]);

/** Undefined for a transfer syntax that is not decodable. */
export function familyOf(transferSyntaxUID: string): CodecFamily | undefined {
  return Object.hasOwn(FAMILIES, transferSyntaxUID) ? FAMILIES[transferSyntaxUID] : undefined;
}

/** HTJ2K too. */
export function isJpeg2000(family: CodecFamily | undefined): boolean {
  return family === 'Jpeg2000' || family === 'HtJpeg2000';
}
