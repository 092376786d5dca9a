import { LedgerError } from '../../errors.js';
import type { ImagePixel, NativeFrame } from './native-frame.js';
import { familyOf } from './syntaxes.js';
import { withCodecs } from './thread-codecs.js';

/**
 * One compressed frame uncompressed. For worker threads: it blocks, and hostile bytes can keep it from ever ending.
 * Throws `corrupt` with what is wrong, and `not-acceptable` for a transfer syntax that is not in `decodable`.
 */
export async function decodeFrame(
  bytes: Uint8Array,
  { transferSyntaxUID, ...image }: ImagePixel & { transferSyntaxUID: string },
): Promise<NativeFrame> {
  const family = familyOf(transferSyntaxUID);
  if (family === undefined)
    throw new LedgerError('not-acceptable', `Frames in transfer syntax ${transferSyntaxUID} cannot be decoded here.`);
  const toRgb = family === 'Jpeg' && image.PhotometricInterpretation.startsWith('YBR');
  const decoded = await withCodecs((codecs) => codecs.decode(family, bytes, image, { toRgb }));
  const isRgbNow =
    toRgb || image.PhotometricInterpretation === 'YBR_RCT' || image.PhotometricInterpretation === 'YBR_ICT';
  return {
    bytes: decoded.bytes,
    Rows: decoded.Rows,
    Columns: decoded.Columns,
    SamplesPerPixel: decoded.SamplesPerPixel,
    PhotometricInterpretation: isRgbNow ? 'RGB' : image.PhotometricInterpretation,
    BitsAllocated: decoded.BitsAllocated,
    BitsStored: decoded.BitsStored,
    HighBit: decoded.BitsStored - 1,
    PixelRepresentation: decoded.PixelRepresentation,
  };
}
