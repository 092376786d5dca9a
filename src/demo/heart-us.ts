import { createNoise } from './create-noise.js';
import { type MadeStudy, modulesOf } from './modules.js';
import { writeImage } from './write-image.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

const HEART_US = { rows: 360, columns: 448, frames: 24, frameMs: 40 } as const;
const US_MULTI_FRAME_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.3.1';
const JPEG_BASELINE = TRANSFER_SYNTAXES.JPEGBaseline8Bit.uid;

/** The fan: where it begins, how far it reaches in pixels, and half its angle. */
const APEX = { x: 224, y: 10 } as const;
const REACH = { from: 14, to: 340 } as const;
const HALF_ANGLE = 0.72;
const CM_PER_PIXEL = 0.045;

/** A beating heart from its apex, one beat of 24 pictures: gray, JPEG Baseline. */
export async function* heartUs(study: MadeStudy): AsyncGenerator<Buffer> {
  const { rows, columns, frames, frameMs } = HEART_US;
  const series = { study, number: 1, Modality: 'US', SeriesDescription: 'Apical four-chamber view' };
  const elements = [
    ...modulesOf(series, { SOPClassUID: US_MULTI_FRAME_IMAGE_STORAGE, instance: 1 }),
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY'],
    [0x00181063, 'DS', String(frameMs)],
    [0x00180015, 'CS', 'HEART'],
    [0x00185010, 'LO', ''],
    [
      0x00186011,
      'SQ',
      [
        [
          [0x00186012, 'US', [1]],
          [0x00186014, 'US', [1]],
          [0x00186016, 'UL', [0]],
          [0x00186018, 'UL', [0]],
          [0x0018601a, 'UL', [0]],
          [0x0018601c, 'UL', [columns - 1]],
          [0x0018601e, 'UL', [rows - 1]],
          [0x00186024, 'US', [3]],
          [0x00186026, 'US', [3]],
          [0x0018602c, 'FD', [CM_PER_PIXEL]],
          [0x0018602e, 'FD', [CM_PER_PIXEL]],
        ],
      ],
    ],
    [0x00200020, 'CS', ''],
    [0x00280008, 'IS', String(frames)],
    [0x00280009, 'AT', Buffer.from([0x18, 0, 0x63, 0x10])],
    [0x00280301, 'CS', 'NO'],
    [0x00281050, 'DS', '128'],
    [0x00281051, 'DS', '256'],
  ] as const;
  const pixels = { Rows: rows, Columns: columns, SamplesPerPixel: 1, BitsStored: 8, frames: heartPixels() } as const;
  yield writeImage(elements, { pixels, transferSyntaxUID: JPEG_BASELINE });
}

/** Frames of one beat. The speckle stays where it is; the walls move through it. */
function heartPixels(): Buffer[] {
  const { rows, columns, frames } = HEART_US;
  const speckle = speckleByRay();
  return Array.from({ length: frames }, (_, frame) => {
    const squeeze = Math.sin(Math.PI * Math.min(1, frame / (0.7 * frames))) ** 2;
    const bytes = Buffer.alloc(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const distance = Math.hypot(column - APEX.x, row - APEX.y);
        const angle = Math.atan2(column - APEX.x, row - APEX.y);
        if (distance < REACH.from || distance > REACH.to || Math.abs(angle) > HALF_ANGLE) continue;
        const echo = echoAt(column - APEX.x, row - APEX.y, squeeze) * (1 - 0.0011 * distance);
        bytes[row * columns + column] = Math.min(255, echo * speckle(distance, angle));
      }
    return bytes;
  });
}

/** How strong the echo is, of 0 (blood) to 200; x from the beam's middle, y from its beginning. */
function echoAt(x: number, y: number, squeeze: number): number {
  const within = (cx: number, cy: number, rx: number, ry: number): number =>
    Math.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2);
  const left = within(30, 128, 38 * (1 - 0.3 * squeeze), 82 * (1 - 0.14 * squeeze));
  const right = within(-48, 140, 27 * (1 - 0.22 * squeeze), 62 * (1 - 0.1 * squeeze));
  const leftAtrium = within(28, 252, 36 * (1 + 0.16 * squeeze), 32 * (1 + 0.12 * squeeze));
  const rightAtrium = within(-46, 246, 32 * (1 + 0.14 * squeeze), 34 * (1 + 0.1 * squeeze));
  const open = 1 - Math.min(1, squeeze * 2.5);
  if (isLeaflet(x - 29, y - 213, open) || isLeaflet(x + 46, y - 207, open * 0.8)) return 210;
  if (Math.min(left, right, leftAtrium, rightAtrium) < 1) return 9;
  if (left < 1.32 + 0.2 * squeeze || right < 1.18) return 105;
  if (Math.min(leftAtrium, rightAtrium) < 1.12) return 120;
  const sac = within(-6, 168, 100, 150);
  return sac > 1 && sac < 1.07 ? 190 : 62;
}

/** Two thin flaps from a ring, which hang into the chamber above them when it fills. */
function isLeaflet(x: number, y: number, open: number): boolean {
  const out = Math.abs(x);
  if (out > 26 || out < 1 + 12 * open) return false;
  return Math.abs(y + (26 - out) * (0.25 + 1.1 * open) - 4) < 1.7;
}

/** Grain that is fine along a ray and wide across, wider with the distance: Rayleigh's distribution (mean 1). */
function speckleByRay(): (distance: number, angle: number) => number {
  const [rays, steps] = [150, REACH.to + 1];
  const noise = createNoise(41);
  const grain = Float32Array.from({ length: rays * steps }, () => Math.hypot(noise.normal(), noise.normal()) / 1.2533);
  return (distance, angle) => {
    const ray = ((angle + HALF_ANGLE) / (2 * HALF_ANGLE)) * (rays - 2);
    const [first, step] = [Math.floor(ray), Math.round(distance)];
    const [a, b] = [grain[first * steps + step]!, grain[(first + 1) * steps + step]!];
    return a + (b - a) * (ray - first);
  };
}
