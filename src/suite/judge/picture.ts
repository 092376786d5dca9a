import sharp from 'sharp';
import { Unmet } from '../ask/unmet.js';

/** A decoded picture: RGB, three bytes a pixel. */
export interface Picture {
  format: string;
  width: number;
  height: number;
  /** Of the first frame. */
  rgb: Buffer;
}

const MAX_PIXELS = 4_000_000;

/** Decodes a JPEG, PNG or GIF. Throws `Unmet` for what is none. */
export async function picture(bytes: Buffer): Promise<Picture> {
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS });
    const { format } = await image.metadata();
    const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Unmet(`The picture has ${info.channels} channels.`);
    return { format, width: info.width, height: info.height, rgb: data };
  } catch (error) {
    throw new Unmet(`The body cannot be decoded as a picture: ${String((error as Error).message).slice(0, 120)}.`);
  }
}
