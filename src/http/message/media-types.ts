/** PS3.5 §10: the default transfer syntax of DICOMweb (PS3.18 §8.7.3.5.2). */
export const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** PS3.5 §10: retired, and forbidden on the web. */
export const explicitBigEndian = '1.2.840.10008.1.2.2';

const prefix = '1.2.840.10008.1.2';

/** What instances and frames are compressed into when that is asked for: JPEG-LS, JPEG 2000 and HTJ2K, each without loss. */
export const losslessSyntaxes = [
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.201',
] as const;

/** PS3.18 Table 8.7.3-5: the media type of one frame's bare codestream. */
const byTransferSyntax: Record<string, string> = {
  [`${prefix}.4.50`]: 'image/jpeg',
  [`${prefix}.4.51`]: 'image/jpeg',
  [`${prefix}.4.57`]: 'image/jpeg',
  [`${prefix}.4.70`]: 'image/jpeg',
  [`${prefix}.4.80`]: 'image/jls',
  [`${prefix}.4.81`]: 'image/jls',
  [`${prefix}.4.90`]: 'image/jp2',
  [`${prefix}.4.91`]: 'image/jp2',
  [`${prefix}.4.92`]: 'image/jpx',
  [`${prefix}.4.93`]: 'image/jpx',
  [`${prefix}.4.110`]: 'image/jxl',
  [`${prefix}.4.111`]: 'image/jxl',
  [`${prefix}.4.112`]: 'image/jxl',
  [`${prefix}.4.201`]: 'image/jphc',
  [`${prefix}.4.202`]: 'image/jphc',
  [`${prefix}.4.203`]: 'image/jphc',
  [`${prefix}.5`]: 'image/dicom-rle',
};

/** The media type of a frame in that transfer syntax when it has one of its own, else undefined (application/octet-stream). */
export function frameMediaType(transferSyntaxUID: string): string | undefined {
  return Object.hasOwn(byTransferSyntax, transferSyntaxUID) ? byTransferSyntax[transferSyntaxUID] : undefined;
}

/** Types that a browser may show; any other content of an object is sent as opaque bytes (a stored text/html must not run). */
const shownInBrowsers =
  /^(application\/(pdf|octet-stream)|image\/(jpeg|png|gif|jp2|jls|bmp|tiff)|video\/[a-z0-9.+-]+|audio\/[a-z0-9.+-]+|text\/plain)$/i;

export function safeMediaType(mediaType: string): string {
  return shownInBrowsers.test(mediaType) ? mediaType.toLowerCase() : 'application/octet-stream';
}
