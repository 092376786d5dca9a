import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { exifOrientation, swapsSides, upright } from './exif.js';

const columns = 3;
const rows = 2;
const stored = Buffer.from([0, 40, 80, 120, 160, 200]);

describe('upright', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns orientation %i as image programs do', async (orientation) => {
    const png = await sharp(stored, { raw: { width: columns, height: rows, channels: 1 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const shown = await sharp(png).autoOrient().toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
    expect([...upright(stored, { rows, columns, pixelBytes: 1, orientation })]).toEqual([...shown.data]);
    expect(shown.info.width).toBe(swapsSides(orientation) ? rows : columns);
  });

  it('keeps the bytes of a pixel together', () => {
    const two = Buffer.from([1, 2, 3, 4]);
    expect([...upright(two, { rows: 1, columns: 2, pixelBytes: 2, orientation: 3 })]).toEqual([3, 4, 1, 2]);
  });
});

describe('exifOrientation', () => {
  const tiff = (value: number) =>
    Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]);

  it.each([
    [0, 1],
    [1, 1],
    [8, 8],
    [9, 1],
  ])('reads the value %i as %i', (value, orientation) => {
    expect(exifOrientation(tiff(value))).toBe(orientation);
  });

  it('is 1 for blocks that end early or are none', () => {
    for (let end = 0; end < tiff(6).length; end++) expect(exifOrientation(tiff(6).subarray(0, end))).toBe(1);
    expect(exifOrientation(Buffer.alloc(40))).toBe(1);
  });
});
