import sharp from 'sharp';
import type { Picture } from './picture.js';

/** What the contract takes for a preview. */
const MAX_BYTES = 30_720;
/** Previews that are made here have at most 768 × 768; more pixels than this are an attack on memory. */
const MAX_PIXELS = 2 ** 20;

/** A preview as it is compared with others. */
export interface DecodedPreview {
  /** Of the preview itself. */
  width: number;
  height: number;
  /** The preview, shrunk to fit into a square. */
  shrunk: Picture;
}

/**
 * Decodes a whole preview, shrunk to at most `side` pixels on its longer side. Undefined for what is no JPEG, is damaged or cut off, or has more
 * than 30,720 bytes or 2^20 pixels.
 */
export async function decodePreview(
  bytes: Uint8Array,
  { side }: { side: number },
): Promise<DecodedPreview | undefined> {
  // JPEG alone, by its first marker: no other decoder is to see what strangers wrote.
  if (bytes.length > MAX_BYTES || bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[2] !== 0xff) return undefined;
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning' });
    const { width, height, channels } = await image.metadata();
    const isGray = channels === 1;
    const { data, info } = await image
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace(isGray ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return {
      width,
      height,
      shrunk: { pixels: data, width: info.width, height: info.height, channels: isGray ? 1 : 3 },
    };
  } catch {
    return undefined;
  }
}
