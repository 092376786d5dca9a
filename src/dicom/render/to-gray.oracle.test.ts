import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { image, object, part10, sequence, text, words, type HandMade } from '../testing/hand-made.js';
import { difference, ours, pictureOracle, type PictureOracle } from '../testing/picture-oracle.js';

let oracle: PictureOracle;
beforeAll(() => {
  oracle = pictureOracle();
});
afterAll(() => oracle.close());

const [rows, columns] = [32, 40];
const pixelCount = rows * columns;

interface Layout {
  allocated: 8 | 16 | 32;
  stored: number;
  high?: number;
  signed?: boolean;
  samples?: 1 | 3;
  photometric?: string;
}

/** Values that reach both ends of what is stored, in the bits where the layout has them, with rubbish in the others. */
function picture(
  { allocated, stored, high = stored - 1, signed = false, samples = 1, photometric = 'MONOCHROME2' }: Layout,
  ...more: HandMade[]
): HandMade[] {
  const bytes = Buffer.alloc((pixelCount * samples * allocated) / 8);
  const span = 2 ** stored;
  const shift = high + 1 - stored;
  for (let at = 0; at < pixelCount * samples; at++) {
    const value = Math.floor((at * 37 * span) / 997) % span;
    const rubbish = stored < allocated ? (at * 29) % 2 ** Math.min(shift, 8) : 0;
    const above = high < allocated - 1 ? 2 ** (high + 1) * (at % 2) : 0;
    const word = (value * 2 ** shift + rubbish + above) % 2 ** allocated;
    bytes.writeUIntLE(word, (at * allocated) / 8, allocated / 8);
  }
  const elements = [
    ...image(rows, columns, { bits: allocated, samples }).filter(({ tag }) => tag !== 0x00280103),
    text(0x00280004, 'CS', photometric),
    words(0x00280101, 'US', stored),
    words(0x00280102, 'US', high),
    words(0x00280103, 'US', signed ? 1 : 0),
    { tag: 0x7fe00010, vr: 'OW', value: bytes },
  ];
  return [...elements.filter(({ tag }) => !more.some((other) => other.tag === tag)), ...more];
}

const window = (center: string, width: string) => [text(0x00281050, 'DS', center), text(0x00281051, 'DS', width)];
const rescale = (slope: string, intercept: string) => [
  text(0x00281052, 'DS', intercept),
  text(0x00281053, 'DS', slope),
  text(0x00281054, 'LO', 'US'),
];
const lut = (tag: number, { first, bits, entries }: { first: number; bits: number; entries: number[] }) =>
  sequence(tag, [
    [
      words(0x00283002, 'US', entries.length, first, bits),
      text(0x00283004, 'LO', 'US'),
      words(0x00283006, 'US', ...entries),
    ],
  ]);
const curve = (length: number, highest: number) =>
  Array.from({ length }, (_, at) => Math.round(highest * Math.sqrt(at / (length - 1))));
const palette = (entries: number[][], bits: number, first = 0) =>
  entries.flatMap((values, at) => [
    words(0x00281101 + at, 'US', values.length, first, bits),
    words(0x00281201 + at, 'US', ...values),
  ]);
const ramps = (length: number, highest: number) =>
  [(x: number) => x, (x: number) => 1 - x, (x: number) => x * x].map((shape) =>
    Array.from({ length }, (_, at) => Math.round(shape(at / (length - 1)) * highest)),
  );

const eight: Layout = { allocated: 8, stored: 8 };
const twelve: Layout = { allocated: 16, stored: 12 };
const sixteen: Layout = { allocated: 16, stored: 16 };
const colour: Layout = { allocated: 8, stored: 8, samples: 3, photometric: 'RGB' };
const planes = words(0x00280006, 'US', 1);
const pixels = words(0x00280006, 'US', 0);

/** Name, object, and what dcmj2pnm is to do with it. */
const cases: [name: string, elements: HandMade[], args: string[]][] = [
  ['8 bits', picture(eight), ['+Wm']],
  ['8 bits, signed', picture({ ...eight, signed: true }), ['+Wm']],
  ['6 bits under 8', picture({ allocated: 8, stored: 6 }), ['+Wm']],
  ['12 bits under 16', picture(twelve), ['+Wm']],
  ['12 bits, signed', picture({ ...twelve, signed: true }), ['+Wm']],
  ['12 bits from bit 13 down', picture({ ...twelve, high: 13 }), ['+Wm']],
  ['12 bits from bit 15 down', picture({ ...twelve, high: 15 }), ['+Wm']],
  ['12 bits from bit 15 down, signed', picture({ ...twelve, high: 15, signed: true }), ['+Wm']],
  ['16 bits', picture(sixteen), ['+Wm']],
  ['16 bits, signed', picture({ ...sixteen, signed: true }), ['+Wm']],
  ['32 bits', picture({ allocated: 32, stored: 32 }), ['+Wm']],
  ['32 bits, signed', picture({ allocated: 32, stored: 32, signed: true }), ['+Wm']],
  ['20 bits under 32', picture({ allocated: 32, stored: 20 }), ['+Wm']],
  ['MONOCHROME1', picture({ ...twelve, photometric: 'MONOCHROME1' }), ['+Wm']],
  [
    'MONOCHROME1 in a window',
    picture({ ...twelve, photometric: 'MONOCHROME1' }, ...window('900', '1000')),
    ['+Wi', '1'],
  ],
  [
    'MONOCHROME1 with Presentation LUT Shape INVERSE',
    picture({ ...twelve, photometric: 'MONOCHROME1' }, text(0x20500020, 'CS', 'INVERSE')),
    ['+Wm'],
  ],
  ['MONOCHROME2 with Presentation LUT Shape INVERSE', picture(twelve, text(0x20500020, 'CS', 'INVERSE')), ['+Wm']],
  ['a rescale', picture(twelve, ...rescale('2.5', '-1024')), ['+Wm']],
  ['a negative rescale', picture(twelve, ...rescale('-1', '3000')), ['+Wm']],
  [
    'a rescale of fractions in a window',
    picture(twelve, ...rescale('1.5', '-50.5'), ...window('1000.5', '1200.25')),
    ['+Wi', '1'],
  ],
  ['the first of several windows', picture(twelve, ...window('1000\\200', '900\\100')), ['+Wi', '1']],
  ['a window of one value', picture(twelve, ...window('1000', '1')), ['+Wi', '1']],
  ['SIGMOID', picture(twelve, ...window('1000', '900'), text(0x00281056, 'CS', 'SIGMOID')), ['+Wi', '1', '+Wfs']],
  ['a modality LUT', picture(twelve, lut(0x00283000, { first: 0, bits: 16, entries: curve(4096, 60000) })), ['+Wm']],
  [
    'a modality LUT of part of the values',
    picture(twelve, lut(0x00283000, { first: 1000, bits: 12, entries: curve(500, 4095) })),
    ['+Wm'],
  ],
  ['a VOI LUT', picture(twelve, lut(0x00283010, { first: 0, bits: 12, entries: curve(4096, 4095) })), ['+Wl', '1']],
  [
    'a VOI LUT of part of the values',
    picture(twelve, lut(0x00283010, { first: 500, bits: 8, entries: curve(256, 255) })),
    ['+Wl', '1'],
  ],
  [
    'a VOI LUT after a rescale',
    picture(
      { ...twelve, signed: true },
      ...rescale('1', '100'),
      lut(0x00283010, { first: 0, bits: 10, entries: curve(1024, 1023) }),
    ),
    ['+Wl', '1'],
  ],
  ['RGB by pixel', picture(colour, pixels), []],
  ['RGB by plane', picture(colour, planes), []],
  ['RGB of 12 bits', picture({ ...colour, allocated: 16, stored: 12 }, pixels), []],
  ['YBR_FULL by pixel', picture({ ...colour, photometric: 'YBR_FULL' }, pixels), []],
  ['YBR_FULL by plane', picture({ ...colour, photometric: 'YBR_FULL' }, planes), []],
  [
    'YBR_FULL_422',
    picture({ ...colour, photometric: 'YBR_FULL_422' }, pixels, {
      tag: 0x7fe00010,
      vr: 'OW',
      value: Buffer.from(Array.from({ length: 2 * pixelCount }, (_, at) => (at * 37) % 256)),
    }),
    [],
  ],
  [
    'YBR_PARTIAL_422',
    picture({ ...colour, photometric: 'YBR_PARTIAL_422' }, pixels, {
      tag: 0x7fe00010,
      vr: 'OW',
      value: Buffer.from(Array.from({ length: 2 * pixelCount }, (_, at) => 16 + ((at * 37) % 219))),
    }),
    [],
  ],
  ['a palette of 16 bits', picture({ ...eight, photometric: 'PALETTE COLOR' }, ...palette(ramps(256, 65535), 16)), []],
  [
    'a palette that begins at 40',
    picture({ ...eight, photometric: 'PALETTE COLOR' }, ...palette(ramps(100, 65535), 16, 40)),
    [],
  ],
  [
    'a palette of 8 bits in 16',
    picture({ ...eight, photometric: 'PALETTE COLOR' }, ...palette(ramps(256, 255), 16)),
    ['+Mc'],
  ],
  [
    'a palette for 16-bit pixels',
    picture({ ...sixteen, photometric: 'PALETTE COLOR' }, ...palette(ramps(4096, 65535), 16)),
    [],
  ],
];

describe('renderFrame of hand-made objects', () => {
  it.each(cases)('shows %s as dcmj2pnm does', async (name, elements, args) => {
    // It rounds each term of the conversion down.
    const most = name.startsWith('YBR') ? 2 : 1;
    // Without VRs, where it is harder to know what a look-up table is.
    const file = part10(object(...elements), { spelling: 'implicit' });
    expect(difference(await ours(file, { frame: 1 }), oracle.theirs(file, { frame: 1, args }))).toBeLessThanOrEqual(
      most,
    );
  });
});
