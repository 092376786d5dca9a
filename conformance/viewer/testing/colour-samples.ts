import sharp from 'sharp';
import { rgbToYbr } from '../../../src/dicom/codec/ybr.js';
import { even, madeSample, pixelModule, pixels, type ViewerSample } from './viewer-samples.js';

export const colourSize = { width: 96, height: 64 };

/** Red, green, blue, yellow, a dark violet and a ramp of gray: wrong colours look like none of them. */
const BARS = [
  [220, 40, 40],
  [30, 160, 60],
  [40, 70, 210],
  [230, 200, 40],
  [90, 30, 110],
];

/** R, G, B of each pixel. */
export const colourPixels = (): Buffer =>
  Buffer.from(
    Array.from({ length: colourSize.width * colourSize.height }, (_, at) => {
      const [x, y] = [at % colourSize.width, Math.floor(at / colourSize.width)];
      return BARS[Math.floor(x / 16)] ?? [4 * y, 4 * y, 4 * y];
    }).flat(),
  );

const raw = { raw: { ...colourSize, channels: 3 as const } };

/** The picture itself, as any decoder of PNG shows it. */
export const colourPicture = (): Promise<Buffer> => sharp(colourPixels(), raw).png().toBuffer();

export const colourJpeg = (): Promise<Buffer> => sharp(colourPixels(), raw).jpeg({ quality: 95 }).toBuffer();

const module = (photometric: string, planar = 0) =>
  pixelModule({
    photometric,
    planar,
    rows: colourSize.height,
    columns: colourSize.width,
    samples: 3,
    allocated: 8,
    stored: 8,
  });

/** Half of the pixels have no colour differences of their own: two beside one another share them (PS3.3 §C.7.6.3.1.2). */
function shared(ybr: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: (ybr.length / 3) * 2 }, (_, at) => {
    const pair = 6 * (at >> 2);
    return ybr[pair + [0, 3, 1, 2][at & 3]!]!;
  });
}

/** Segments of literal runs alone (PS3.5 §G). */
function rle(pixelsOf: Uint8Array): Buffer {
  const segments = [0, 1, 2].map((sample) => {
    const plane = Buffer.from(pixelsOf.filter((_, at) => at % 3 === sample));
    const runs: Buffer[] = [];
    for (let at = 0; at < plane.length; at += 128) {
      const run = plane.subarray(at, at + 128);
      runs.push(Buffer.from([run.length - 1]), run);
    }
    return even(Buffer.concat(runs));
  });
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  segments.reduce((at, segment, index) => {
    header.writeUInt32LE(at, 4 + 4 * index);
    return at + segment.length;
  }, header.length);
  return Buffer.concat([header, ...segments]);
}

const asRle = (samples: Uint8Array, photometric: string, planar: number): ViewerSample =>
  madeSample({
    more: module(photometric, planar),
    compressed: { transferSyntaxUID: '1.2.840.10008.1.2.5', fragments: [rle(samples)] },
  });

const ybr = (): Uint8Array => rgbToYbr(colourPixels());

export const jpegBaseline = async (photometric = 'YBR_FULL_422'): Promise<ViewerSample> =>
  madeSample({
    more: module(photometric),
    compressed: { transferSyntaxUID: '1.2.840.10008.1.2.4.50', fragments: [even(await colourJpeg())] },
  });

/** The same picture in the ways that colours are described in. */
export const colourSamples: Record<string, () => ViewerSample | Promise<ViewerSample>> = {
  'JPEG Baseline that says YBR_FULL': () => jpegBaseline('YBR_FULL'),
  'RLE in YBR_FULL': () => asRle(ybr(), 'YBR_FULL', 0),
  'RLE in YBR_FULL, by plane': () => asRle(ybr(), 'YBR_FULL', 1),
  'RLE in RGB, by plane': () => asRle(colourPixels(), 'RGB', 1),
  'native YBR_FULL': () => madeSample({ more: [...module('YBR_FULL'), pixels(ybr(), 'OB')] }),
  'native RGB': () => madeSample({ more: [...module('RGB'), pixels(new Uint8Array(colourPixels()), 'OB')] }),
};

export const native422 = (): ViewerSample =>
  madeSample({ more: [...module('YBR_FULL_422'), pixels(shared(ybr()), 'OB')] });
