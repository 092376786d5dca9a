import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { encodePicture, type PictureOutput } from './encode-picture.js';
import { iccProfile } from './icc-profile.js';
import type { Viewport } from '../../standard/rendering.js';
import type { Picture } from './picture.js';

const gray = (width: number, height: number): Picture => ({
  pixels: Uint8Array.from({ length: width * height }, (_, at) => (at * 7) % 256),
  width,
  height,
  channels: 1,
});
const red: Picture = {
  pixels: Uint8Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? 200 : 0)),
  width: 10,
  height: 10,
  channels: 3,
};

const encode = (picture: Picture, output: Partial<PictureOutput> = {}) =>
  encodePicture(picture, { mediaType: 'image/png', rendering: {}, lines: [], ...output });

/** The first channel, as the file has it. */
async function shades(bytes: Buffer): Promise<number[]> {
  return [...(await sharp(bytes).extractChannel(0).toColourspace('b-w').raw().toBuffer())];
}

describe('encodePicture', () => {
  it.each(['image/png', 'image/jpeg', 'image/gif'] as const)('makes %s, gray with one component', async (mediaType) => {
    const { bytes } = await encode(gray(30, 20), { mediaType });
    const metadata = await sharp(bytes).metadata();
    expect(metadata).toMatchObject({ width: 30, height: 20, mediaType });
    if (mediaType !== 'image/gif') expect(metadata.channels).toBe(1);
  });

  it('shows the region alone, flipped as asked', async () => {
    const picture = gray(8, 4);
    const at = (row: number, column: number) => picture.pixels[row * 8 + column];
    const viewport: Viewport = {
      width: 3,
      height: 2,
      left: 2,
      top: 1,
      regionWidth: 3,
      regionHeight: 2,
      flipsHorizontally: false,
      flipsVertically: false,
    };
    const shown = async (more: Partial<Viewport>) =>
      shades((await encode(picture, { rendering: { viewport: { ...viewport, ...more } } })).bytes);
    expect(await shown({})).toEqual([at(1, 2), at(1, 3), at(1, 4), at(2, 2), at(2, 3), at(2, 4)]);
    expect(await shown({ flipsHorizontally: true })).toEqual([
      at(1, 4),
      at(1, 3),
      at(1, 2),
      at(2, 4),
      at(2, 3),
      at(2, 2),
    ]);
    expect(await shown({ flipsVertically: true })).toEqual([
      at(2, 2),
      at(2, 3),
      at(2, 4),
      at(1, 2),
      at(1, 3),
      at(1, 4),
    ]);
  });

  it('makes the picture as large as the viewport lets it be', async () => {
    const viewport = { width: 90, height: 90, left: 0, top: 0, flipsHorizontally: false, flipsVertically: false };
    const { bytes } = await encode(gray(30, 20), { rendering: { viewport } });
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 90, height: 60 });
  });

  it('makes a smaller JPEG of a lower quality', async () => {
    const size = async (quality?: number) =>
      (await encode(gray(100, 100), { mediaType: 'image/jpeg', rendering: quality === undefined ? {} : { quality } }))
        .bytes.length;
    const [worst, low, usual, best] = [await size(1), await size(40), await size(), await size(100)];
    expect(worst).toBeLessThan(low);
    expect(low).toBeLessThan(usual);
    expect(usual).toBeLessThan(best);
    expect(usual).toBe(await size(90));
  });

  it('writes lines over the picture, and says when it could not', async () => {
    const black: Picture = { pixels: new Uint8Array(200 * 200), width: 200, height: 200, channels: 1 };
    const { bytes, isAnnotated } = await encode(black, { lines: ['Muster & Söhne <b>', 'ID 4711'] });
    const written = (await shades(bytes)).filter((shade) => shade > 200).length;
    // A machine without fonts writes nothing, and says so.
    expect(isAnnotated).toBe(written > 50);
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    const tiny: Picture = { pixels: new Uint8Array(100), width: 10, height: 10, channels: 1 };
    expect((await encode(tiny, { lines: ['ID 4711'] })).isAnnotated).toBe(false);
  });

  it.each([
    ['own', [200, 0, 0]],
    ['srgb', [200, 0, 0]],
    ['adobergb', [170, 0, 0]],
    ['rommrgb', [132, 52, 19]],
  ] as const)('embeds %s', async (iccProfile, [r, g, b]) => {
    for (const mediaType of ['image/png', 'image/jpeg'] as const) {
      const { bytes } = await encode(red, { mediaType, rendering: { iccProfile, quality: 100 } });
      const { icc, channels } = await sharp(bytes).metadata();
      expect([channels, icc?.subarray(16, 20).toString()]).toEqual([3, 'RGB ']);
      const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
      for (const [channel, value] of [r, g, b].entries())
        expect(Math.abs((stored[channel] ?? -99) - value)).toBeLessThanOrEqual(4);
      // Who knows the profile sees the same colour.
      const seen = await sharp(bytes).toColourspace('srgb').raw().toBuffer();
      for (const [channel, value] of [200, 0, 0].entries())
        expect(Math.abs((seen[channel] ?? -99) - value)).toBeLessThanOrEqual(6);
    }
    const { icc } = await sharp((await encode(red)).bytes).metadata();
    expect(icc).toBeUndefined();
  });

  it('takes the colours of an object for what its own profile says', async () => {
    const icc = iccProfile('adobergb');
    const encoded = async (iccProfile: 'own' | 'srgb') =>
      (await encodePicture(red, { mediaType: 'image/png', rendering: { iccProfile }, lines: [], icc })).bytes;
    const own = await encoded('own');
    expect((await sharp(own).metadata()).icc?.equals(icc)).toBe(true);
    expect((await sharp(own, { ignoreIcc: true }).raw().toBuffer())[0]).toBe(200);
    // More saturated than the red of sRGB.
    expect(
      (
        await sharp(await encoded('srgb'), { ignoreIcc: true })
          .raw()
          .toBuffer()
      )[0],
    ).toBeGreaterThan(225);
  });
});
