import { describe, expect, it } from '@jest/globals';
import { comparePictures } from './compare-pictures.js';

const grey = (width: number, height: number, shade: number) => ({
  pixels: new Uint8Array(width * height).fill(shade),
  width,
  height,
  channels: 1 as const,
});
const colours = (width: number, height: number, rgb: readonly number[]) =>
  Uint8Array.from({ length: 3 * width * height }, (_, at) => rgb[at % 3]!);

describe('comparePictures', () => {
  it('finds no difference between grey and the same grey in colours', () => {
    expect(comparePictures(grey(20, 9, 77), colours(20, 9, [77, 77, 77]))).toEqual({ mean: 0, worst: 0 });
  });

  it('tells a colour from grey, and counts it where it is largest', () => {
    expect(comparePictures(grey(16, 16, 100), colours(16, 16, [130, 100, 94]))).toEqual({ mean: 12, worst: 30 });
  });

  it('tells one square among many', () => {
    const picture = grey(96, 96, 50);
    for (let y = 40; y < 48; y++) picture.pixels.fill(250, y * 96 + 24, y * 96 + 32);
    const { mean, worst } = comparePictures(picture, colours(96, 96, [50, 50, 50]));
    expect(mean).toBeCloseTo(200 / 144);
    expect(worst).toBe(200);
  });

  it('compares colours one by one', () => {
    const picture = { pixels: colours(8, 8, [1, 2, 3]), width: 8, height: 8, channels: 3 as const };
    expect(comparePictures(picture, colours(8, 8, [1, 2, 3]))).toEqual({ mean: 0, worst: 0 });
    expect(comparePictures(picture, colours(8, 8, [3, 2, 1]))).toEqual({ mean: 4 / 3, worst: 2 });
  });
});
