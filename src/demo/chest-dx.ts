import { createHills, createNoise } from './create-noise.js';
import { blurSlice, drawSlice, samplesOf } from './draw-slice.js';
import { code, type MadeStudy, modulesOf } from './modules.js';
import { writeImage } from './write-image.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

/** Pixels along a side, millimetres between them. */
const CHEST = { size: 800, spacing: 0.486 } as const;
const DX_IMAGE_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.1';
const JPEG_2000_LOSSLESS = TRANSFER_SYNTAXES.JPEG2000Lossless.uid;

/** What an X-ray loses in a millimetre, beside what it loses in water. */
const LUNG = -0.72;
const BONE = 1.6;

/** A chest from the back to the front, as it is read: JPEG 2000 without loss, 12 bits. */
export async function* chestDx(study: MadeStudy): AsyncGenerator<Buffer> {
  const { size, spacing } = CHEST;
  const series = { study, number: 1, Modality: 'DX', SeriesDescription: 'Chest PA' };
  const elements = [
    ...modulesOf(series, { SOPClassUID: DX_IMAGE_FOR_PRESENTATION, instance: 1 }),
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY'],
    [0x00080068, 'CS', 'FOR PRESENTATION'],
    [0x00082218, 'SQ', [code('51185008', 'SCT', 'Chest')]],
    [0x00180015, 'CS', 'CHEST'],
    [0x00181164, 'DS', `${spacing}\\${spacing}`],
    [0x00181508, 'CS', 'NONE'],
    [0x00185101, 'CS', 'PA'],
    [0x00187004, 'CS', 'DIRECT'],
    [0x00200020, 'CS', 'L\\F'],
    [0x00200062, 'CS', 'U'],
    [0x00280301, 'CS', 'NO'],
    [0x00281040, 'CS', 'LOG'],
    [0x00281041, 'SS', [-1]],
    [0x00281050, 'DS', '1950'],
    [0x00281051, 'DS', '3400'],
    [0x00281052, 'DS', '0'],
    [0x00281053, 'DS', '1'],
    [0x00281054, 'LO', 'US'],
    [0x00400555, 'SQ', []],
    [0x00540220, 'SQ', [[...code('399348003', 'SCT', 'postero-anterior'), [0x00540222, 'SQ', []]]]],
    [0x20500020, 'CS', 'IDENTITY'],
  ] as const;
  const pixels = { Rows: size, Columns: size, SamplesPerPixel: 1, BitsStored: 12, frames: [chestPixels()] } as const;
  yield writeImage(elements, { pixels, transferSyntaxUID: JPEG_2000_LOSSLESS });
}

/** How much of the rays is lost, from 0 (air) to 4095. */
function chestPixels(): Buffer {
  const noise = createNoise(31);
  const vessels = createHills(32);
  const drawn = drawSlice(CHEST, (x, y) => (isMarker(x, y) ? 4095 : 12.5 * lossAt(x, y, vessels)));
  return samplesOf(
    blurSlice(drawn, CHEST.size).map((value) => value + 9 * noise.normal()),
    4095,
  );
}

/** Half the thickness of a rounded body of half-width `radius`, at `offset` from its middle; 0 beside it. */
const chord = (offset: number, radius: number): number => Math.sqrt(Math.max(0, 1 - (offset / radius) ** 2));

/** Millimetres of water that would take away as much; x to the right of the picture, which is the patient's left. */
function lossAt(x: number, y: number, vessels: (x: number, y: number) => number): number {
  const shoulders = rise(y, -190, -128);
  const flesh = 205 * chord(x, 58 + 118 * shoulders - 10 * Math.exp(-(((y - 90) / 70) ** 2)));
  if (flesh === 0) return 0;
  const lungs = Math.max(0, Math.min(lungAt(x, y), 0.85 * flesh) - heartAt(x, y));
  const hilum = Math.exp(-(((Math.abs(x) - 34) / 34) ** 2) - ((y + 4) / 58) ** 2);
  const branches = Math.abs(vessels(x / 9 + y / 23 + 40, y / 9 - x / 23)) + 0.6 * Math.abs(vessels(x / 4, y / 4 + 20));
  const vessel = Math.min(1, lungs / 40) * (6 * hilum + 14 * hilum * (1 - branches) + 2.5 * (1 - branches));
  return flesh + LUNG * lungs + vessel + BONE * bonesAt(x, y) + middleAt(x, y);
}

/** From 0 at `from` to 1 at `to`, softly. */
function rise(at: number, from: number, to: number): number {
  const part = Math.min(1, Math.max(0, (at - from) / (to - from)));
  return part * part * (3 - 2 * part);
}

/** Thickness of air-filled lung: two rounded tops above the domes of the diaphragm. */
function lungAt(x: number, y: number): number {
  const side = x < 0 ? -1 : 1;
  const middle = side * (60 + 10 * rise(y, -130, 40));
  const dome = (side < 0 ? 84 : 96) + 0.011 * (x - middle + side * 12) ** 2;
  if (y < -128) return 0;
  const top = Math.min(1, (y + 128) / 150);
  const radius = 60 * Math.sqrt(top * (2 - top)) + 3;
  return 150 * chord(x - middle, radius) * (1 - rise(y, dome - 3, dome + 9)) * Math.min(1, (y + 128) / 30) ** 0.5;
}

/** Thickness of the heart, more of which lies on the patient's left. */
function heartAt(x: number, y: number): number {
  const [across, down] = [x - 20, y - 48];
  const turned = { along: across * 0.82 + down * 0.57, beside: down * 0.82 - across * 0.57 };
  return 135 * Math.sqrt(Math.max(0, 1 - (turned.along / 70) ** 2 - (turned.beside / 54) ** 2));
}

/** What lies between the lungs: vessels and gullet, and in front of the spine the windpipe. */
function middleAt(x: number, y: number): number {
  const great = 26 * Math.exp(-((x / 24) ** 2)) * (y < 40 ? 1 : 0.6) + 22 * Math.exp(-(((x - 30) / 13) ** 2) - ((y + 52) / 20) ** 2); // prettier-ignore
  const isWindpipe = y < -42 && Math.abs(x - 2) < 9;
  return great - (isWindpipe ? 16 * chord(x - 2, 9) : 0);
}

/** Thickness of bone: spine, ribs at the back and in front, collar bones. */
function bonesAt(x: number, y: number): number {
  const vertebra = 0.72 + 0.28 * Math.tanh(3 * Math.cos((2 * Math.PI * y) / 27));
  let bone = 17 * chord(x, 17) * vertebra + 5 * Math.exp(-(((Math.abs(x) - 21) / 5) ** 2)) * vertebra;
  const out = Math.abs(x);
  if (out > 14 && out < 146) {
    const fall = (out - 14) / 132;
    for (let rib = 0; rib < 10; rib++) {
      const top = -146 + 24 * rib;
      const reach = 84 + 62 * Math.min(1, (rib + 1) / 5);
      if (out > reach) continue;
      const back = top - 14 * Math.sin(Math.PI * Math.min(1, fall * 1.1)) + 46 * fall ** 1.6;
      bone += shell(y - back, 6.2) * 11;
      if (rib < 7 && out > 46) bone += shell(y - (top + 62 + 40 * (1 - fall) ** 1.4), 6.8) * 5;
    }
  }
  const collar = -132 - 0.16 * out + 7 * Math.sin(out / 26);
  if (out > 12 && out < 138) bone += shell(y - collar, 5.6) * 13;
  return bone;
}

/** A tube with a dense wall, seen from the side. */
const shell = (offset: number, radius: number): number => chord(offset, radius) - 0.55 * chord(offset, radius * 0.72);

/** The letter L of lead, on the side of the patient's left arm. */
function isMarker(x: number, y: number): boolean {
  const [across, down] = [x - 166, y + 172];
  if (across < 0 || across > 13 || down < 0 || down > 20) return false;
  return across < 4 || down > 16;
}
