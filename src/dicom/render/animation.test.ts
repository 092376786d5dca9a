import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { bufferSource } from '../../base/byte-source.js';
import { MAX_ANIMATION_PIXELS } from './animation.js';
import { image, object, part10, text, words, type HandMade } from '../testing/hand-made.js';
import { scanPart10 } from '../part10/part10.js';
import { openPictureWorkers, type PictureWorkers } from './picture-workers.js';

let pictures: PictureWorkers;
beforeAll(() => {
  pictures = openPictureWorkers({ threads: 1, timeoutMs: 60_000 });
});
afterAll(() => pictures.close());

/** Frames of one shade each. */
async function movie(shades: number[], { side = 8 } = {}, ...more: HandMade[]) {
  const file = part10(
    object(
      ...image(side, side, { frames: shades.length }),
      text(0x00280004, 'CS', 'MONOCHROME2'),
      words(0x00280101, 'US', 8),
      words(0x00280102, 'US', 7),
      text(0x00281050, 'DS', '128'),
      text(0x00281051, 'DS', '256'),
      ...more,
      { tag: 0x7fe00010, vr: 'OB', value: Buffer.concat(shades.map((shade) => Buffer.alloc(side * side, shade))) },
    ),
  );
  const result = await scanPart10(bufferSource(file));
  if (result.kind === 'refused') throw new Error(result.message);
  return { header: result.header, source: bufferSource(file) };
}

async function gif(made: Awaited<ReturnType<typeof movie>>, frames: number[], rendering = {}) {
  const { header, source } = made;
  const rendered = await pictures.render(header, source, { mediaType: 'image/gif', frames, rendering });
  const { pages = 1, delay, width, pageHeight, height } = await sharp(rendered?.bytes, { animated: true }).metadata();
  const pixels = await sharp(rendered?.bytes, { animated: true }).extractChannel(0).raw().toBuffer();
  const size = pixels.length / pages;
  return {
    shades: Array.from({ length: pages }, (_, page) => pixels[page * size]),
    delay,
    size: [width, pageHeight ?? height],
  };
}

describe('Pictures.render of several frames', () => {
  it('is one animation, in the order of the list', async () => {
    const made = await movie([10, 90, 170, 250]);
    expect((await gif(made, [4, 1, 2])).shades).toEqual([250, 10, 90]);
  });

  it.each<[string, HandMade[], number[]]>([
    ['nothing', [], [100, 100, 100]],
    ['Frame Time', [text(0x00181063, 'DS', '40')], [40, 40, 40]],
    ['Frame Time Vector', [text(0x00181065, 'DS', '0\\50\\70')], [50, 70, 100]],
    ['Cine Rate', [text(0x00180040, 'IS', '5'), text(0x00181063, 'DS', '40')], [200, 200, 200]],
    ['Recommended Display Frame Rate', [text(0x00082144, 'IS', '10')], [100, 100, 100]],
    ['too fast a rate', [text(0x00180040, 'IS', '1000')], [20, 20, 20]],
    ['a senseless rate', [text(0x00180040, 'IS', '0')], [100, 100, 100]],
  ])('shows each frame for the time that the object says', async (_name, more, delays) => {
    expect((await gif(await movie([0, 100, 200], {}, ...more), [1, 2, 3])).delay).toEqual(delays);
  });

  it('keeps to the viewport, and refuses what is too large for a thread', async () => {
    const viewport = { width: 4, height: 4, left: 0, top: 0, flipsHorizontally: false, flipsVertically: false };
    expect((await gif(await movie([0, 200]), [1, 2], { viewport })).size).toEqual([4, 4]);
    const side = Math.sqrt(MAX_ANIMATION_PIXELS) / 2;
    const frames = [1, 2, 3, 4];
    const { header, source } = await movie([0, 50, 100, 150], { side: side + 8 });
    const large = pictures.render(header, source, { mediaType: 'image/gif', frames });
    await expect(large).rejects.toMatchObject({ code: 'too-large' });
    expect((await gif({ header, source }, frames, { viewport })).shades).toHaveLength(4);
  });
});
