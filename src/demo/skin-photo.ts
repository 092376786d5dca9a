import { createHills, createNoise } from './create-noise.js';
import { type MadeStudy, modulesOf } from './modules.js';
import { writeImage } from './write-image.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

const SKIN = { rows: 480, columns: 640 } as const;
const VL_PHOTOGRAPHIC_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.77.1.4';
const JPEG_2000_LOSSLESS = TRANSFER_SYNTAXES.JPEG2000Lossless.uid;
/** Pixels for a millimetre of the ruler. */
const SCALE = 16;

type Colour = readonly [red: number, green: number, blue: number];
const SKIN_COLOUR: Colour = [222, 174, 148];
const MOLE_COLOUR: Colour = [98, 56, 40];
const MOLE_DARK: Colour = [52, 30, 26];
const FRECKLE_COLOUR: Colour = [184, 124, 92];

/** A photograph of skin with a mole and a ruler: colour, JPEG 2000 without loss. */
export async function* skinPhoto(study: MadeStudy): AsyncGenerator<Buffer> {
  const series = { study, number: 1, Modality: 'XC', SeriesDescription: 'Forearm, left' };
  const elements = [
    ...modulesOf(series, { SOPClassUID: VL_PHOTOGRAPHIC_IMAGE_STORAGE, instance: 1 }),
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY'],
    [0x0008002a, 'DT', `${study.StudyDate}${study.StudyTime}`],
    [0x00180015, 'CS', 'ARM'],
    [0x00200020, 'CS', ''],
    [0x00200060, 'CS', 'L'],
    [0x00280301, 'CS', 'NO'],
    [0x00400555, 'SQ', []],
  ] as const;
  const pixels = {
    Rows: SKIN.rows,
    Columns: SKIN.columns,
    SamplesPerPixel: 3,
    BitsStored: 8,
    frames: [skinPixels()],
  } as const;
  yield writeImage(elements, { pixels, transferSyntaxUID: JPEG_2000_LOSSLESS });
}

/** Red, green and blue by pixel. */
function skinPixels(): Buffer {
  const { rows, columns } = SKIN;
  const noise = createNoise(51);
  const hills = createHills(52);
  const bytes = Buffer.alloc(3 * rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const colour = colourAt(column, row, hills);
      const grain = 3 * noise.normal();
      colour.forEach((value, sample) => {
        bytes[3 * (row * columns + column) + sample] = Math.min(255, Math.max(0, Math.round(value + grain)));
      });
    }
  return bytes;
}

const mix = (from: Colour, to: Colour, share: number): Colour => {
  const part = Math.min(1, Math.max(0, share));
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part];
};

function colourAt(x: number, y: number, hills: (x: number, y: number) => number): Colour {
  if (y > SKIN.rows - 58) return rulerAt(x, y);
  const texture = 7 * hills(x / 46, y / 46) + 4 * hills(x / 7 + 9, y / 7) + 3 * Math.abs(hills(x / 3, y / 5 + 31));
  const light = 14 * (1 - Math.hypot(x - 300, y - 190) / 420);
  const base: Colour = [SKIN_COLOUR[0] + texture + light, SKIN_COLOUR[1] + texture + light, SKIN_COLOUR[2] + texture + light]; // prettier-ignore
  const freckled = mix(base, FRECKLE_COLOUR, 1.6 * (hills(x / 26 + 17, y / 26 + 5) - 0.62));
  const angle = Math.atan2(y - 205, x - 322);
  const edge = 74 + 9 * Math.sin(3 * angle + 1) + 6 * Math.sin(5 * angle) + 8 * hills(x / 18, y / 18);
  const out = Math.hypot((x - 322) / 1.2, y - 205);
  const mole = mix(MOLE_COLOUR, MOLE_DARK, 0.5 + 0.9 * hills(x / 24 + 3, y / 24 + 44));
  return mix(freckled, mole, (edge - out) / 14);
}

/** White, with a line for each millimetre, longer ones for five and ten. */
function rulerAt(x: number, y: number): Colour {
  const below = y - (SKIN.rows - 58);
  const millimetre = Math.floor(x / SCALE);
  const height = millimetre % 10 === 0 ? 34 : millimetre % 5 === 0 ? 26 : 16;
  return below < 2 || (x % SCALE < 2 && below < height) ? [24, 24, 28] : [238, 238, 232];
}
