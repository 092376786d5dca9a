import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { convertPreview } from './convert-preview.js';

const preview = await sharp(Buffer.alloc(40 * 30, 100), { raw: { width: 40, height: 30, channels: 1 } })
  .jpeg({ quality: 100 })
  .toBuffer();

describe('convertPreview', () => {
  it('leaves a JPEG untouched', async () => {
    expect(await convertPreview(preview, 'image/jpeg')).toBe(preview);
  });

  it.each(['png', 'gif'] as const)('makes a %s of the same picture', async (format) => {
    const made = sharp(await convertPreview(preview, `image/${format}`));
    const [{ width, height, ...found }, [first]] = [await made.metadata(), await made.raw().toBuffer()];
    expect([found.format, width, height]).toEqual([format, 40, 30]);
    expect(Math.abs((first ?? 0) - 100)).toBeLessThanOrEqual(1);
  });

  it.each([Buffer.from('no picture'), Buffer.alloc(0), Buffer.from([0xff, 0xd8, 0xff, 0xd9])])(
    'refuses what is no JPEG',
    async (bytes) => {
      await expect(convertPreview(bytes, 'image/png')).rejects.toMatchObject({ code: 'corrupt' });
    },
  );
});
