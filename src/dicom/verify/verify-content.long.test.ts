// About 150 s.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { openPictureWorkers, type PictureWorkers } from '../render/picture-workers.js';
import { honestInstance, type HonestInstance } from '../testing/announced-content.js';
import { sampleFiles, sampleFolder, unstorable } from '../testing/sample-files.js';
import { verifyContent } from './verify-content.js';

const xrays = path.join(sampleFolder, '../chest-xray/images');
const named = (folder: string): string[] => sampleFiles(folder).map((file) => path.join(sampleFolder, file));
const files = {
  pydicom: named('pydicom').filter((file) => !unstorable.some((name) => file.endsWith(name))),
  wg04: named('wg04'),
  'mr-structural': named('mr-structural').filter((file) => file.endsWith('.dcm')),
};
const chestXrays = sampleFiles('../chest-xray/images').map((file) => path.join(xrays, path.basename(file)));

describe('verifyContent, of real files', () => {
  let pictures: PictureWorkers;
  beforeAll(() => {
    pictures = openPictureWorkers({ threads: 1, timeoutMs: 60_000 });
  });
  afterAll(() => pictures.close());

  const announce = async (file: string): Promise<HonestInstance> => {
    const instance = await honestInstance(readFileSync(file));
    const preview = await pictures.preview(instance.header, instance.source);
    return { ...instance, announced: { ...instance.announced, preview } };
  };

  it.each(Object.entries(files))('takes all honest ones of %s', async (_, of) => {
    for (const file of of) {
      const { source, announced } = await announce(file);
      expect([path.basename(file), await verifyContent(source, announced)]).toEqual([path.basename(file), undefined]);
    }
  });

  it('takes all honest ones of chest X-rays, with previews of each second in other qualities and sizes too', async () => {
    for (const [at, file] of chestXrays.entries()) {
      const { source, announced } = await announce(file);
      const { width = 0 } = await sharp(announced.preview).metadata();
      const smaller = sharp(announced.preview).resize({ width: Math.round(width * 0.85) });
      const others =
        at % 2 === 0 ? [sharp(announced.preview).jpeg({ quality: 50 }), smaller.jpeg({ quality: 70 })] : [];
      for (const preview of [announced.preview, ...(await Promise.all(others.map((image) => image.toBuffer())))])
        expect([path.basename(file), await verifyContent(source, { ...announced, preview })]).toEqual([
          path.basename(file),
          undefined,
        ]);
    }
  });

  it('takes no mirrored picture, no red square and no picture of somebody else for that of a chest X-ray', async () => {
    // Of each a preview is made anew three times.
    const of = chestXrays.filter((_, at) => at % 4 === 0);
    let last = of.length > 0 ? await announce(of.at(-1)!) : undefined;
    for (const file of of) {
      const instance = await announce(file);
      const { source, announced } = instance;
      const { width = 0, height = 0 } = await sharp(announced.preview).metadata();
      const red = sharp({ create: { width, height, channels: 3, background: '#f00' } }).jpeg();
      const mirrored = sharp(announced.preview).flop().jpeg();
      for (const preview of [last!.announced.preview, await red.toBuffer(), await mirrored.toBuffer()])
        expect([path.basename(file), await verifyContent(source, { ...announced, preview })]).toEqual([
          path.basename(file),
          expect.objectContaining({ reason: 'picture' }),
        ]);
      last = instance;
    }
  });
});
