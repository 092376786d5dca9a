import sharp from 'sharp';
import { embedIcc } from './embed-icc.js';
import { fromSrgb, iccProfile } from './icc-profile.js';
import type { IccProfile } from '../../standard/rendering.js';
import type { Picture } from './picture.js';

/** A picture in the colour space that was asked for, and the profile to embed: `srgb` is the one that sharp brings. */
export interface ProfiledPicture {
  picture: Picture;
  profile: Uint8Array | 'srgb';
}

/** `own` is the profile of the object's colours (0028,2000); without one they are taken for sRGB. Gray becomes R = G = B. */
export async function inColourSpace(
  picture: Picture,
  { wanted, own }: { wanted: IccProfile; own: Uint8Array | undefined },
): Promise<ProfiledPicture> {
  const coloured =
    picture.channels === 3 ? picture : { ...picture, pixels: tripled(picture.pixels), channels: 3 as const };
  if (wanted === 'own' && own) return { picture: coloured, profile: own };
  const srgb = own ? await toSrgb(coloured, own) : coloured;
  if (wanted === 'own' || wanted === 'srgb') return { picture: srgb, profile: 'srgb' };
  return { picture: { ...srgb, pixels: fromSrgb(srgb.pixels, wanted) }, profile: iccProfile(wanted) };
}

function tripled(gray: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * gray.length);
  for (let at = 0; at < gray.length; at++) rgb.fill(gray[at] ?? 0, 3 * at, 3 * at + 3);
  return rgb;
}

/** A profile that cannot be read changes nothing. */
async function toSrgb(picture: Picture, own: Uint8Array): Promise<Picture> {
  const { pixels, width, height, channels } = picture;
  const png = await sharp(pixels, { raw: { width, height, channels } }).png({ compressionLevel: 1 }).toBuffer();
  const converted = await sharp(embedIcc(png, own))
    .toColourspace('srgb')
    .raw()
    .toBuffer()
    .catch(() => pixels);
  return converted.length === pixels.length ? { ...picture, pixels: converted } : picture;
}
