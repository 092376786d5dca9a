import type { PixelDescription } from './pixel-description.js';

/** The Image Pixel attributes that say how the bytes of a frame are to be read (PS3.3 §C.7.6.3). */
export type ImagePixel = Pick<
  PixelDescription,
  | 'Rows'
  | 'Columns'
  | 'SamplesPerPixel'
  | 'PhotometricInterpretation'
  | 'BitsAllocated'
  | 'BitsStored'
  | 'HighBit'
  | 'PixelRepresentation'
>;

/**
 * One frame uncompressed: little endian, by pixel (Planar Configuration 0), its attributes those of the bytes as they
 * are now: Photometric Interpretation is RGB after YBR was converted. An encoder's output has the attributes of what
 * it was made from.
 */
export interface NativeFrame extends ImagePixel {
  bytes: Uint8Array;
  /** Of an encoder's output that lost something: the term of Lossy Image Compression Method (PS3.3 §C.7.6.1.1.5.1). */
  lossyMethod?: string;
}

/** Pictures of more are not decoded: 8,192 × 8,192, far above any detector, far below what exhausts memory. */
export const MAX_PIXELS = 2 ** 26;
