import sharp from 'sharp';
import type { NativeFrame } from './native-frame.js';
import { ybrToRgb } from './ybr.js';

/** As of `/rendered`: differences are hard to see, and it has a fifth of the bytes. */
const QUALITY = 90;
/** ITU-T T.871 §10.1: the stream holds YCbCr. */
const JFIF = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);

/**
 * A frame of 8 bits in gray or in colour as JPEG Baseline, in colour YCbCr that is not subsampled. Throws an Error for samples that are no
 * shades: entries of a palette, and what has a sign or unused bits.
 */
export async function encodeBaseline(frame: NativeFrame): Promise<NativeFrame> {
  const { Rows: height, Columns: width, SamplesPerPixel, PhotometricInterpretation, bytes } = frame;
  const isGray = /^MONOCHROME[12]$/.test(PhotometricInterpretation) && SamplesPerPixel === 1;
  const isYbr = PhotometricInterpretation === 'YBR_FULL';
  if (!isGray && !((PhotometricInterpretation === 'RGB' || isYbr) && SamplesPerPixel === 3))
    throw new Error(`${PhotometricInterpretation} is not written in JPEG Baseline`);
  if (frame.PixelRepresentation !== 0 || frame.BitsStored !== 8)
    throw new Error('only 8 bits without a sign are written in JPEG Baseline');
  const jpeg = await sharp(isYbr ? ybrToRgb(bytes) : bytes, { raw: { width, height, channels: isGray ? 1 : 3 } })
    .toColourspace(isGray ? 'b-w' : 'srgb')
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return {
    ...frame,
    ...(!isGray && { PhotometricInterpretation: 'YBR_FULL' }),
    bytes: Buffer.concat([jpeg.subarray(0, 2), JFIF, jpeg.subarray(2)]),
    lossyMethod: 'ISO_10918_1',
  };
}
