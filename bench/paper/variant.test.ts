import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { variantOf } from './variant.js';

const picture = sharp({
  create: {
    width: 200,
    height: 200,
    channels: 3,
    background: '#456',
    noise: { type: 'gaussian', mean: 128, sigma: 40 },
  },
});
const encoded = {
  'image/jpeg': () =>
    picture
      .clone()
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .jpeg()
      .toBuffer(),
  'image/png': () => picture.clone().png().toBuffer(),
};

describe.each(Object.entries(encoded))('variantOf %s', (mediaType, encode) => {
  it('is the same picture', async () => {
    const bytes = await encode();
    const variant = variantOf(bytes, { mediaType, number: 7 });
    expect(variant.equals(bytes)).toBe(false);
    expect((await sharp(variant).raw().toBuffer()).equals(await sharp(bytes).raw().toBuffer())).toBe(true);
  });

  it('has no piece in common with another number', async () => {
    const bytes = await encode();
    const pieces = [1, 2, 3].flatMap((number) => {
      const variant = variantOf(bytes, { mediaType, number });
      return Array.from({ length: Math.floor(variant.length / 1000) }, (_, i) =>
        variant.toString('latin1', i * 1000, (i + 1) * 1000),
      );
    });
    expect(new Set(pieces).size).toBe(pieces.length);
  });

  it('leaves the head of the file where readers expect it', async () => {
    const bytes = await encode();
    const variant = variantOf(bytes, { mediaType, number: 1 });
    expect(variant.subarray(0, 20).equals(bytes.subarray(0, 20))).toBe(true);
  });
});
