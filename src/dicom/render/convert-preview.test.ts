import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { convertPreview } from './convert-preview.js';

const preview = await sharp(Buffer.alloc(40 * 30, 100), { raw: { width: 40, height: 30, channels: 1 } })
  .jpeg({ quality: 100 })
  .toBuffer();

describe('convertPreview', () => {
  it('leaves a JPEG untouched', async () => {
    expect(await convertPreview(preview, { mediaType: 'image/jpeg' })).toBe(preview);
  });

  it.each([
    [40, 30],
    [1000, 30],
    [8192, 8192],
  ])('leaves a JPEG untouched that fits into %i × %i', async (width, height) => {
    expect(await convertPreview(preview, { mediaType: 'image/jpeg', within: { width, height } })).toBe(preview);
  });

  it.each([
    ['jpeg', 20, 20, [20, 15]],
    ['jpeg', 40, 15, [20, 15]],
    ['png', 8, 100, [8, 6]],
    ['gif', 1, 1, [1, 1]],
    ['png', 100, 100, [40, 30]],
  ] as const)('makes a %s that fits into %i × %i, in the same proportions', async (format, width, height, size) => {
    const made = await convertPreview(preview, { mediaType: `image/${format}`, within: { width, height } });
    const found = await sharp(made).metadata();
    expect([found.format, found.width, found.height]).toEqual([format, ...size]);
    expect(Math.abs(((await sharp(made).raw().toBuffer())[0] ?? 0) - 100)).toBeLessThanOrEqual(1);
  });

  it.each(['png', 'gif'] as const)('makes a %s of the same picture', async (format) => {
    const made = sharp(await convertPreview(preview, { mediaType: `image/${format}` }));
    const [{ width, height, ...found }, [first]] = [await made.metadata(), await made.raw().toBuffer()];
    expect([found.format, width, height]).toEqual([format, 40, 30]);
    expect(Math.abs((first ?? 0) - 100)).toBeLessThanOrEqual(1);
  });

  it.each([Buffer.from('no picture'), Buffer.alloc(0), Buffer.from([0xff, 0xd8, 0xff, 0xd9])])(
    'refuses what is no JPEG',
    async (bytes) => {
      await expect(convertPreview(bytes, { mediaType: 'image/png' })).rejects.toMatchObject({ code: 'corrupt' });
    },
  );
});
