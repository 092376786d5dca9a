import sharp, { type JpegOptions } from 'sharp';
import type { Picture } from './picture.js';

/** One chunk with its 0x00 is the largest contract code (EIP-170): such a preview is one code object with one proof. */
export const MAX_PREVIEW_BYTES = 24_575;
export const MAX_PREVIEW_PIXELS = 768;

const BEST_QUALITY = 85;
/** Below it blocks show; a smaller picture is then better. */
const LEAST_QUALITY = 50;

/**
 * A baseline sequential JPEG of the picture without metadata, of at most 24,575 bytes: its longest side at most 768
 * pixels and never enlarged, in the highest quality from 50 to 85 that keeps to the size, else with smaller sides.
 */
export async function encodePreview(picture: Picture): Promise<Buffer> {
  const largest = await shrink(picture, MAX_PREVIEW_PIXELS);
  const best = await highestQuality(largest);
  if (best) return best;
  const longest = Math.max(largest.width, largest.height);
  for (let side = MAX_PREVIEW_PIXELS; ; side = Math.floor(side * 0.85)) {
    if (side >= longest) continue;
    const smaller = await shrink(largest, side);
    // What is a little smaller than a picture that did not fit in the least quality seldom fits in the best.
    const atLeast = await encodeJpeg(smaller, LEAST_QUALITY);
    const fitting = atLeast.length <= MAX_PREVIEW_BYTES && (await highestQuality(smaller, atLeast));
    if (fitting) return fitting;
  }
}

/** Of sharp, for baseline sequential JPEG. */
export function baselineJpeg(quality: number): JpegOptions {
  return { quality, progressive: false, chromaSubsampling: '4:2:0', mozjpeg: false };
}

/** Without metadata; gray stays one component. */
async function encodeJpeg({ pixels, width, height, channels }: Picture, quality: number): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .jpeg(baselineJpeg(quality))
    .toBuffer();
}

async function shrink(picture: Picture, side: number): Promise<Picture> {
  const { pixels, width, height, channels } = picture;
  if (Math.max(width, height) <= side) return picture;
  const { data, info } = await sharp(pixels, { raw: { width, height, channels } })
    .resize({ width: side, height: side, fit: 'inside' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height, channels };
}

/** The picture in the highest quality that keeps to the size, if any does. `inLeast` is it in the least, where that is known. */
async function highestQuality(picture: Picture, inLeast?: Buffer): Promise<Buffer | undefined> {
  const atBest = await encodeJpeg(picture, BEST_QUALITY);
  if (atBest.length <= MAX_PREVIEW_BYTES) return atBest;
  const atLeast = inLeast ?? (await encodeJpeg(picture, LEAST_QUALITY));
  if (atLeast.length > MAX_PREVIEW_BYTES) return undefined;
  let fits = { quality: LEAST_QUALITY, jpeg: atLeast };
  let tooLarge = { quality: BEST_QUALITY, jpeg: atBest };
  while (tooLarge.quality - fits.quality > 1) {
    const quality = likelyQuality(fits, tooLarge);
    const tried = { quality, jpeg: await encodeJpeg(picture, quality) };
    if (tried.jpeg.length <= MAX_PREVIEW_BYTES) fits = tried;
    else tooLarge = tried;
  }
  return fits.jpeg;
}

interface Tried {
  quality: number;
  jpeg: Buffer;
}

/** Between the two, where the size is met if its logarithm grows evenly, as it nearly does. */
function likelyQuality(fits: Tried, tooLarge: Tried): number {
  const growth = Math.log(tooLarge.jpeg.length / fits.jpeg.length);
  const share = Math.log(MAX_PREVIEW_BYTES / fits.jpeg.length) / growth;
  const quality = fits.quality + Math.floor(share * (tooLarge.quality - fits.quality));
  return Math.min(Math.max(quality, fits.quality + 1), tooLarge.quality - 1);
}
