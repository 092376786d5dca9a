import sharp from 'sharp';
import { LedgerError } from '../../base/errors.js';
import type { ByteSource } from '../../base/byte-source.js';
import { hasTrapped } from '../codec/has-trapped.js';
import { describePixels } from '../codec/pixel-description.js';
import { dataSetOf, wordOf } from '../data-set/data-set.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { decodableFrame } from '../render/decodable-frame.js';
import { decodePreview, type DecodedPreview } from '../render/decode-preview.js';
import { encodePreview, MAX_PREVIEW_PIXELS } from '../render/encode-preview.js';
import { makeIcon } from '../render/icon.js';
import { readPictureInput } from '../render/picture-input.js';
import type { Picture } from '../render/picture.js';
import { renderFrame } from '../render/render.js';
import type { ImageMediaType } from '../upload/image-file.js';
import { scaledPixels, SMOOTH } from '../upload/native-pixels.js';
import { comparePictures, type Difference } from './compare-pictures.js';

/** The longer side of pictures as they are compared: much of what one sees, little of what JPEG does to pixels, and cheap. */
const SIDE = 96;
/** Steps of 255. Honest previews of real files differ by 0.6 and 3 at the median, other pictures by 41 and 97. */
const MOST: Difference = { mean: 3, worst: 12 };
const ICON_SIDE = 256;

interface Size {
  width: number;
  height: number;
}

/**
 * Whether an announced preview looks like the picture of its instance, or is the icon of what has none: a sentence when not. An icon
 * where there is a picture is no lie: not every site decodes everything in time. The bytes are only decoded as far as needed.
 */
export async function previewFault(
  preview: Buffer,
  { header, source }: { header: InstanceHeader; source: ByteSource },
): Promise<string | undefined> {
  if (preview.length === 0) return undefined;
  const full = sizeOf(header);
  const small = full ? fitting(full, SIDE) : { width: SIDE, height: SIDE };
  const announced = await decodePreview(preview, small);
  if (!announced) return 'The preview is no picture.';
  if (await isIcon(announced, header, small)) return undefined;
  const quick = full && (await quickLook(header, source, small));
  if (!quick) return 'The preview shows a picture, but of this instance none can be made here.';
  if (hasShapeOf(announced, full) && isLike(comparePictures(quick, announced.pixels))) return undefined;
  // Small pictures in colours differ much from their JPEG: those are held against the JPEG that is made here.
  const picture = await pictureForPreview(header, source, full);
  const made = picture && (await encodePreview(picture));
  if (made?.equals(preview)) return undefined;
  if (!hasShapeOf(announced, full))
    return `The preview has ${announced.width} × ${announced.height} pixels, which is not the shape of a picture of ${full.width} × ${full.height}.`;
  const own = made && (await decodePreview(made, small));
  const difference = comparePictures(own ? { ...small, channels: 3, pixels: own.pixels } : quick, announced.pixels);
  if (isLike(difference)) return undefined;
  const { mean, worst } = difference;
  return `The preview does not look like its picture: they differ by ${mean.toFixed(1)} of 255 on average, in one place by ${worst.toFixed(0)}.`;
}

function isLike({ mean, worst }: Difference): boolean {
  return mean <= MOST.mean && worst <= MOST.worst;
}

async function isIcon(announced: DecodedPreview, header: InstanceHeader, small: Size): Promise<boolean> {
  if (announced.width !== ICON_SIDE || announced.height !== ICON_SIDE) return false;
  const icon = await decodePreview(await makeIcon(header), small);
  return (
    icon !== undefined && isLike(comparePictures({ ...small, channels: 3, pixels: icon.pixels }, announced.pixels))
  );
}

function sizeOf(header: InstanceHeader): Size | undefined {
  const dataSet = dataSetOf(header);
  const [height, width] = [wordOf(dataSet, 0x00280010), wordOf(dataSet, 0x00280011)];
  return width && height ? { width, height } : undefined;
}

/** Of the same shape, at most `most` on its longer side. */
function fitting({ width, height }: Size, most: number): Size {
  const scale = Math.min(1, most / Math.max(width, height));
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** Sides as a shrinking in steps leaves them, each of which rounds them, and not too small to tell anything. */
function hasShapeOf({ width, height }: DecodedPreview, full: Size): boolean {
  const isSlanted = Math.abs(width * full.height - height * full.width) > 2 * Math.max(full.width, full.height);
  const least = Math.min(SIDE, Math.max(full.width, full.height));
  return !isSlanted && width <= full.width && height <= full.height && Math.max(width, height) >= least;
}

/** The picture in the given size; undefined when there is none to be had. */
async function quickLook(header: InstanceHeader, source: ByteSource, size: Size): Promise<Picture | undefined> {
  const { source: mediaType } = header;
  if (mediaType !== 'part10') return uploadedPicture(source, { mediaType, ...size });
  const picture = await fullPicture(header, source);
  return picture && scaledPicture(picture, size);
}

/** What a preview is made of: of a large uploaded image not all of its pixels, which could fill the memory. */
async function pictureForPreview(header: InstanceHeader, source: ByteSource, full: Size): Promise<Picture | undefined> {
  const { source: mediaType } = header;
  if (mediaType === 'part10' || Math.max(full.width, full.height) <= MAX_PREVIEW_PIXELS)
    return fullPicture(header, source);
  return uploadedPicture(source, { mediaType, ...fitting(full, MAX_PREVIEW_PIXELS) });
}

async function uploadedPicture(
  source: ByteSource,
  { mediaType, ...size }: Size & { mediaType: ImageMediaType },
): Promise<Picture | undefined> {
  const bytes = await source.read(0, source.byteCount);
  const scaled = await orNone(() => scaledPixels(bytes, { mediaType, ...size }));
  return scaled && { ...size, ...scaled };
}

async function scaledPicture({ pixels, channels, ...given }: Picture, { width, height }: Size): Promise<Picture> {
  const scaled = await sharp(pixels, { raw: { ...given, channels } })
    .resize({ width, height, ...SMOOTH })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { pixels: scaled, width, height, channels };
}

async function fullPicture(header: InstanceHeader, source: ByteSource): Promise<Picture | undefined> {
  const input = await orNone(() => readPictureInput(header, source, { frame: undefined, output: 'preview' }));
  if (!input) return undefined;
  const { frame, frameNumber, bulk, overlays } = input;
  return orNone(async () => {
    const description = describePixels(header, { frame: frameNumber, bulk });
    return description && renderFrame(await decodableFrame(header, frame), description, { overlays });
  });
}

/** What cannot be decoded has no picture. A codec that has broken off, or decodes a known picture wrongly, says nothing about this one. */
async function orNone<T>(make: () => Promise<T>): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    if (hasTrapped(error) || (error instanceof LedgerError && error.code === 'misconfigured')) throw error;
    return undefined;
  }
}
