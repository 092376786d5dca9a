import sharp from 'sharp';
import {
  encapsulated,
  type HandMade,
  offsets,
  part10,
  sequence,
  spell,
  text,
  words,
} from '../../../src/dicom/testing/hand-made.js';
import { newUid } from '../../testing/make-dicom.js';
import { even } from '../../viewer/testing/viewer-samples.js';

const WHOLE_SLIDE = '1.2.840.10008.5.1.4.1.1.77.1.6';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';

/** Pixels of a side of each tile. */
const tileSize = 128;
/** Pixels of a side of each level, the smallest first. */
const levelSizes = [128, 256, 512];
/** Of the picture: 4 × 4 areas, each in a colour of its own. */
export const AREAS = 4;

/** The pyramid of a whole slide in one series. */
export interface Slide {
  study: string;
  series: string;
  /** In the order of `levelSizes`. */
  levels: { instance: string; bytes: Buffer }[];
}

/** R, G, B at a place of the slide, from 0 to 1. */
export function colourAt(x: number, y: number): [number, number, number] {
  const [column, row] = [Math.floor(x * AREAS), Math.floor(y * AREAS)];
  return [40 + 60 * column, 40 + 60 * row, (column + row) % 2 === 0 ? 200 : 60];
}

/** Three levels in tiles, TILED_FULL (PS3.3 §C.8.12.4), in JPEG Baseline as scanners write it, or uncompressed. */
export async function slide({ compressed }: { compressed: boolean }): Promise<Slide> {
  const [study, series, frameOfReference] = [newUid(), newUid(), newUid()];
  const icc = (
    await sharp(rawPicture(8), raw(8))
      .withIccProfile('srgb')
      .png()
      .toBuffer()
      .then((png) => sharp(png).metadata())
  ).icc!;
  const levels = await Promise.all(
    levelSizes.map(async (size, level) => {
      const instance = newUid();
      const tiles = await tilesOf(size, compressed);
      const uids = { study, series, instance, frameOfReference };
      const elements = description({ uids, size, level, frames: tiles.length, icc, compressed });
      const dataSet = compressed
        ? Buffer.concat([spell(elements, 'explicit'), encapsulated(tiles.map(even))])
        : spell([...elements, { tag: 0x7fe00010, vr: 'OB', value: Buffer.concat(tiles) }], 'explicit');
      const transferSyntaxUID = compressed ? JPEG_BASELINE : undefined;
      return {
        instance,
        bytes: part10(dataSet, { mediaStorageUid: instance, ...(transferSyntaxUID && { transferSyntaxUID }) }),
      };
    }),
  );
  return { study, series, levels };
}

const raw = (size: number) => ({ raw: { width: size, height: size, channels: 3 as const } });

const rawPicture = (size: number): Buffer =>
  Buffer.from(
    Array.from({ length: size * size }, (_, at) => colourAt((at % size) / size, Math.floor(at / size) / size)).flat(),
  );

/** From left to right, then down. */
function tilesOf(size: number, compressed: boolean): Promise<Buffer[]> {
  const across = size / tileSize;
  const picture = rawPicture(size);
  return Promise.all(
    Array.from({ length: across ** 2 }, (_, at) => {
      const [left, top] = [(at % across) * tileSize, Math.floor(at / across) * tileSize];
      const tile = sharp(picture, raw(size)).extract({ left, top, width: tileSize, height: tileSize });
      return (compressed ? tile.jpeg({ quality: 95 }) : tile.raw()).toBuffer();
    }),
  );
}

const code = (tag: number, value: string, scheme: string, meaning: string): HandMade =>
  sequence(tag, [[text(0x00080100, 'SH', value), text(0x00080102, 'SH', scheme), text(0x00080104, 'LO', meaning)]]);

function description({
  uids,
  size,
  level,
  frames,
  icc,
  compressed,
}: {
  uids: Record<'study' | 'series' | 'instance' | 'frameOfReference', string>;
  size: number;
  level: number;
  frames: number;
  icc: Buffer;
  compressed: boolean;
}): HandMade[] {
  const spacing = String(0.001 * 2 ** (levelSizes.length - 1 - level));
  return [
    text(0x00080008, 'CS', `${level === levelSizes.length - 1 ? 'ORIGINAL' : 'DERIVED'}\\PRIMARY\\VOLUME\\NONE`),
    text(0x00080016, 'UI', WHOLE_SLIDE),
    text(0x00080018, 'UI', uids.instance),
    text(0x00080020, 'DA', '20240229'),
    text(0x00080060, 'CS', 'SM'),
    text(0x00100010, 'PN', 'Slide^Made'),
    text(0x00100020, 'LO', 'SLIDE-1'),
    text(0x0020000d, 'UI', uids.study),
    text(0x0020000e, 'UI', uids.series),
    text(0x00200013, 'IS', String(level + 1)),
    text(0x00200052, 'UI', uids.frameOfReference),
    text(0x00209311, 'CS', 'TILED_FULL'),
    words(0x00280002, 'US', 3),
    text(0x00280004, 'CS', compressed ? 'YBR_FULL_422' : 'RGB'),
    words(0x00280006, 'US', 0),
    text(0x00280008, 'IS', String(frames)),
    words(0x00280010, 'US', tileSize),
    words(0x00280011, 'US', tileSize),
    words(0x00280100, 'US', 8),
    words(0x00280101, 'US', 8),
    words(0x00280102, 'US', 7),
    words(0x00280103, 'US', 0),
    text(0x00282110, 'CS', compressed ? '01' : '00'),
    text(0x00400512, 'LO', 'SLIDE-1'),
    { tag: 0x00480006, vr: 'UL', value: offsets(size) },
    { tag: 0x00480007, vr: 'UL', value: offsets(size) },
    sequence(0x00480008, [[text(0x0040072a, 'DS', '0'), text(0x0040073a, 'DS', '0')]]),
    // The viewer turns slides so that their label is on top; this one stands as it is stored then.
    text(0x00480102, 'DS', '0\\1\\0\\1\\0\\0'),
    sequence(0x00480105, [
      [
        code(0x00220016, '111744', 'DCM', 'Brightfield illumination'),
        { tag: 0x00282000, vr: 'OB', value: even(icc) },
        text(0x00480106, 'SH', '1'),
      ],
    ]),
    { tag: 0x00480302, vr: 'UL', value: offsets(1) },
    { tag: 0x00480303, vr: 'UL', value: offsets(1) },
    sequence(0x52009229, [[sequence(0x00289110, [[text(0x00280030, 'DS', `${spacing}\\${spacing}`)]])]]),
  ];
}
