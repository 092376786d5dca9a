import sharp, { type Sharp } from 'sharp';
import { inColourSpace } from './profiled-picture.js';
import { embedIcc } from './embed-icc.js';
import { baselineJpeg } from './encode-preview.js';
import type { PictureMediaType, Rendering } from '../../standard/rendering.js';
import { drawText, type TextImage } from './text-image.js';
import { placeViewport } from './viewport.js';
import type { Picture } from './picture.js';

export interface PictureOutput {
  mediaType: PictureMediaType;
  rendering: Rendering;
  lines: readonly string[];
}

export interface EncodedPicture {
  bytes: Buffer;
  /** False when there were lines to write and this machine has no fonts for them. */
  isAnnotated: boolean;
}

const DEFAULT_QUALITY = 90;

/** The picture in its viewport, with `lines` written over it, as a file. `icc` is the profile of the object's colours. */
export async function encodePicture(
  original: Picture,
  { mediaType, rendering, lines, icc }: PictureOutput & { icc?: Uint8Array | undefined },
): Promise<EncodedPicture> {
  const { iccProfile: wanted, quality = DEFAULT_QUALITY } = rendering;
  // GIF has no place for profiles.
  const profiled =
    wanted && mediaType !== 'image/gif' ? await inColourSpace(original, { wanted, own: icc }) : undefined;
  const picture = profiled?.picture ?? original;
  const shown = inViewport(picture, rendering);
  const text = lines.length === 0 ? undefined : await drawText(lines, shown);
  const image = text ? await written(shown.image, text, picture.channels) : shown.image;
  const coloured = image.toColourspace(picture.channels === 1 ? 'b-w' : 'srgb');
  const { profile } = profiled ?? {};
  const tagged = profile === 'srgb' ? coloured.withIccProfile('srgb') : coloured;
  const bytes = await inFormat(tagged, { mediaType, quality }).toBuffer();
  return {
    bytes: profile && profile !== 'srgb' ? embedIcc(bytes, profile) : bytes,
    isAnnotated: lines.length === 0 || text !== undefined,
  };
}

/** 8-bit pixels in the viewport. */
export async function pixelsInViewport(picture: Picture, rendering: Rendering): Promise<Picture> {
  if (rendering.viewport === undefined) return picture;
  const { image, width, height } = inViewport(picture, rendering);
  const pixels = await image
    .toColourspace(picture.channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { pixels, width, height, channels: picture.channels };
}

function inViewport(
  { pixels, width, height, channels }: Picture,
  { viewport }: Rendering,
): { image: Sharp; width: number; height: number } {
  const image = sharp(pixels, { raw: { width, height, channels } });
  const place = viewport && placeViewport({ width, height }, viewport);
  if (viewport === undefined || place === undefined) return { image, width, height };
  const { left, top, regionWidth, regionHeight } = place;
  const size = { width: place.width, height: place.height };
  return {
    image: image
      .extract({ left, top, width: regionWidth, height: regionHeight })
      .flop(viewport.flipsHorizontally)
      .flip(viewport.flipsVertically)
      .resize({ ...size, fit: 'fill' }),
    ...size,
  };
}

async function written(image: Sharp, text: TextImage, channels: 1 | 3): Promise<Sharp> {
  const { data, info } = await image
    .toColourspace('srgb')
    .composite([{ input: text.png, left: text.left, top: text.top }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  return channels === 1 ? raw.extractChannel(0) : raw;
}

/** Baseline JPEG, PNG or GIF without metadata. */
function inFormat(image: Sharp, { mediaType, quality }: { mediaType: PictureMediaType; quality: number }): Sharp {
  if (mediaType === 'image/png') return image.png();
  if (mediaType === 'image/gif') return image.gif({ dither: 0 });
  return image.jpeg(baselineJpeg(quality));
}
