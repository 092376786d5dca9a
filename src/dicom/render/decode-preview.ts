import sharp from 'sharp';
import { MAX_SCANS, readJpegMarkers } from '../codec/jpeg-markers.js';
import { SMOOTH } from '../upload/native-pixels.js';

/** What the contract takes for a preview. */
const MAX_BYTES = 30_720;
/** Previews that are made here have at most 768 × 768; more pixels than this are an attack on memory. */
export const MAX_PREVIEW_PIXELS = 2 ** 20;

export interface DecodedPreview {
  /** Of the preview itself. */
  width: number;
  height: number;
  /** 8 bits of R, G, B, of the wanted size, whatever its own shape. */
  pixels: Uint8Array;
}

/**
 * Decodes a whole preview, scaled to the wanted size, the smaller the cheaper. Undefined for what is no JPEG, is damaged or cut off, or has
 * more than 30,720 bytes or 2^20 pixels.
 */
export async function decodePreview(
  bytes: Buffer,
  wanted: { width: number; height: number },
): Promise<DecodedPreview | undefined> {
  // Only a JPEG has markers: no other decoder is to see what strangers wrote.
  const markers = bytes.length > MAX_BYTES ? undefined : readJpegMarkers(bytes);
  if (markers === undefined || markers.scanCount > MAX_SCANS) return undefined;
  try {
    const pixels = await sharp(bytes, { limitInputPixels: MAX_PREVIEW_PIXELS, failOn: 'warning' })
      .resize({ ...wanted, ...SMOOTH })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    return { width: markers.Columns, height: markers.Rows, pixels };
  } catch {
    return undefined;
  }
}
