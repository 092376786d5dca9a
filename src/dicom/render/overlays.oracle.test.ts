import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { image, object, part10, text, words, type HandMade } from '../testing/hand-made.js';
import { difference, ours, pictureOracle, type PictureOracle } from '../testing/picture-oracle.js';

let oracle: PictureOracle;
beforeAll(() => {
  oracle = pictureOracle();
});
afterAll(() => oracle.close());

const [rows, columns] = [40, 48];

/** A gray ramp of 8 bits, or of 12 in 16 with a plane in bit 13. */
function picture({ bits = 8, frames = 1, photometric = 'MONOCHROME2' } = {}): HandMade[] {
  const count = rows * columns * frames;
  const ramp = Array.from({ length: count }, (_, at) => (at * 3) % 200);
  const deep = Uint16Array.from(ramp, (value, at) => value | (at % 7 === 0 ? 0x2000 : 0));
  return [
    ...image(rows, columns, { bits, frames }),
    text(0x00280004, 'CS', photometric),
    words(0x00280101, 'US', bits === 8 ? 8 : 12),
    words(0x00280102, 'US', bits === 8 ? 7 : 11),
    text(0x00281050, 'DS', '128'),
    text(0x00281051, 'DS', '256'),
    { tag: 0x7fe00010, vr: 'OW', value: bits === 8 ? Buffer.from(ramp) : Buffer.from(deep.buffer) },
  ];
}

/** A plane of one frame or several, every fifth, sixth … pixel set. */
function overlay(
  group: number,
  {
    size = [rows, columns] as readonly [number, number],
    origin = [1, 1] as readonly [number, number],
    frames = 0,
    firstFrame = 0,
    type = 'G',
  } = {},
): HandMade[] {
  const tag = (element: number) => group * 0x10000 + element;
  const bitCount = size[0] * size[1] * Math.max(frames, 1);
  const value = Buffer.alloc(Math.ceil(bitCount / 16) * 2);
  for (let at = 0; at < bitCount; at++)
    if (at % (5 + Math.floor(at / size[0] / size[1])) === 0) value[at >> 3] = (value[at >> 3] ?? 0) | (1 << (at & 7));
  return [
    words(tag(0x10), 'US', size[0]),
    words(tag(0x11), 'US', size[1]),
    ...(frames > 0 ? [text(tag(0x15), 'IS', String(frames))] : []),
    text(tag(0x40), 'CS', type),
    words(tag(0x50), 'SS', ...origin),
    ...(firstFrame > 0 ? [words(tag(0x51), 'US', firstFrame)] : []),
    words(tag(0x100), 'US', 1),
    words(tag(0x102), 'US', 0),
    { tag: tag(0x3000), vr: 'OW', value },
  ];
}

const embedded = [
  words(0x60000010, 'US', rows),
  words(0x60000011, 'US', columns),
  text(0x60000040, 'CS', 'G'),
  words(0x60000050, 'SS', 1, 1),
  words(0x60000100, 'US', 16),
  words(0x60000102, 'US', 13),
];

const cases: Record<string, HandMade[]> = {
  'a plane of the size of the image': [...picture(), ...overlay(0x6000)],
  'a plane of other size within the image': [...picture(), ...overlay(0x6000, { size: [10, 9], origin: [5, 7] })],
  'a plane that begins outside': [...picture(), ...overlay(0x6000, { size: [20, 20], origin: [-3, -4] })],
  'a plane that ends outside': [...picture(), ...overlay(0x6000, { size: [20, 20], origin: [30, 40] })],
  'two planes': [
    ...picture(),
    ...overlay(0x6000, { size: [8, 8], origin: [2, 2] }),
    ...overlay(0x6002, { size: [9, 9], origin: [20, 20] }),
  ],
  'a plane over MONOCHROME1': [...picture({ photometric: 'MONOCHROME1' }), ...overlay(0x6000)],
  'a plane over each of three frames': [...picture({ frames: 3 }), ...overlay(0x6000, { frames: 3, firstFrame: 1 })],
  'a plane over two of three frames': [...picture({ frames: 3 }), ...overlay(0x6000, { frames: 2, firstFrame: 2 })],
  'one plane over all frames': [...picture({ frames: 3 }), ...overlay(0x6000)],
  'a plane in bits of the pixel data': [...picture({ bits: 16 }), ...embedded],
  'a plane in bits of the pixel data of three frames': [
    ...picture({ bits: 16, frames: 3 }),
    ...embedded,
    // Without it dcmj2pnm draws the bits of the first frame over all.
    text(0x60000015, 'IS', '3'),
  ],
};

describe('readOverlays', () => {
  it.each(Object.keys(cases))('draws %s as dcmj2pnm does', async (name) => {
    const file = part10(object(...(cases[name] ?? [])));
    const frames = name.includes('frames') ? [1, 2, 3] : [1];
    for (const frame of frames) {
      const theirs = oracle.theirs(file, { frame, args: ['+Wi', '1'] });
      expect([frame, difference(await ours(file, { frame }), theirs)]).toEqual([frame, 0]);
    }
  });

  it('leaves a region of interest out, where dcmj2pnm would hide the rest of the image', async () => {
    const [plain, region] = [picture(), [...picture(), ...overlay(0x6000, { type: 'R' })]];
    const [without, withIt] = [plain, region].map((elements) => ours(part10(object(...elements)), { frame: 1 }));
    expect(await withIt).toEqual(await without);
  });
});
