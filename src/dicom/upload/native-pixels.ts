import sharp, { type ResizeOptions, type Sharp } from 'sharp';
import { LedgerError } from '../../base/errors.js';
import { swapsSides, upright } from '../codec/exif.js';
import type { InstanceSource } from '../data-set/instance-header.js';
import { readImageFile, type ImageFile, type ImageMediaType } from './image-file.js';
import { MAX_PIXELS } from '../codec/native-frame.js';

/**
 * The Pixel Data (little endian, by pixel) of an uploaded image that is not encapsulated as it is: progressive, CMYK or
 * turned JPEG, and every PNG. Values are the stored ones; embedded profiles are applied to CMYK only. Throws `corrupt`
 * when the file cannot be decoded.
 */
export async function nativePixels(bytes: Buffer, source: InstanceSource): Promise<Buffer> {
  const file = source === 'part10' ? 'A Part 10 file holds its own pixels.' : readImageFile(bytes, source);
  if (typeof file === 'string') throw new LedgerError('corrupt', file);
  const pixelBytes = (file.SamplesPerPixel * file.BitsAllocated) / 8;
  const pixels = await samplesOf(bytes, file)
    .raw({ depth: file.BitsAllocated === 16 ? 'ushort' : 'uchar' })
    .toBuffer()
    .catch((cause: unknown) => {
      throw new LedgerError('corrupt', `The ${source} file cannot be decoded; it is damaged.`, { cause });
    });
  if (pixels.length !== file.Rows * file.Columns * pixelBytes) {
    throw new LedgerError(
      'corrupt',
      `The ${source} file decodes to ${pixels.length} bytes, which its header does not tell.`,
    );
  }
  const stored = swapsSides(file.orientation)
    ? { rows: file.Columns, columns: file.Rows }
    : { rows: file.Rows, columns: file.Columns };
  return upright(pixels, { ...stored, pixelBytes, orientation: file.orientation });
}

/** How pictures are made small that are to be compared: the smoothest way, by which it shows least in how many steps it was done. */
export const SMOOTH: ResizeOptions = { fit: 'fill', kernel: 'mitchell', fastShrinkOnLoad: false };

/**
 * The pixels of an uploaded image in another size, 8 bits of gray or R, G, B: far cheaper than all of them where it is small, but the whole
 * file is decoded. Throws `corrupt` when it cannot be.
 */
export async function scaledPixels(
  bytes: Buffer,
  { mediaType, width, height }: { mediaType: ImageMediaType; width: number; height: number },
): Promise<{ pixels: Buffer; channels: 1 | 3 }> {
  const file = readImageFile(bytes, mediaType);
  if (typeof file === 'string') throw new LedgerError('corrupt', file);
  const { orientation, SamplesPerPixel: channels } = file;
  const stored = swapsSides(orientation) ? { rows: width, columns: height } : { rows: height, columns: width };
  const pixels = await samplesOf(bytes, file)
    .resize({ width: stored.columns, height: stored.rows, ...SMOOTH })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new LedgerError('corrupt', `The ${mediaType} file cannot be decoded; it is damaged.`, { cause });
    });
  return { pixels: upright(pixels, { ...stored, pixelBytes: channels, orientation }), channels };
}

/** Whether the whole image decodes; the picture is never in memory as a whole. */
export async function decodes(bytes: Buffer, mediaType: ImageMediaType): Promise<boolean> {
  return open(bytes, { isCmyk: false })
    .resize({ width: 16, height: 16, fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: mediaType === 'image/jpeg' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
}

function samplesOf(bytes: Buffer, file: ImageFile): Sharp {
  const image = open(bytes, file);
  const opaque = file.hasTransparency ? image.flatten({ background: '#000000' }) : image;
  if (file.SamplesPerPixel === 3) return opaque.toColourspace('srgb');
  return opaque.toColourspace(file.BitsAllocated === 16 ? 'grey16' : 'b-w');
}

/** Refuses damaged files, but not for the lesser faults that every reader forgives. */
function open(bytes: Buffer, { isCmyk }: Pick<ImageFile, 'isCmyk'>): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, ignoreIcc: !isCmyk });
}
