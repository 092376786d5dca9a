import { expand422, FULL_RANGE, PARTIAL_RANGE, ybrToRgb } from '../codec/ybr.js';
import { lookUp, type Lut } from '../codec/lut.js';
import type { PixelDescription } from '../codec/pixel-description.js';
import type { Samples } from '../codec/samples.js';

/**
 * Stored values as 8-bit R, G, B of each pixel: RGB, YBR_FULL, YBR_FULL_422, YBR_PARTIAL_422 and PALETTE COLOR, in either planar
 * configuration (PS3.3 §C.7.6.3.1.2). YBR_RCT and YBR_ICT exist within JPEG 2000 only: outside of it they are RGB. Undefined for another
 * Photometric Interpretation or a palette that is missing.
 */
export function toRgb(samples: Samples, description: PixelDescription): Uint8Array | undefined {
  const { Rows, Columns, PhotometricInterpretation, palette } = description;
  const pixelCount = Rows * Columns;
  if (PhotometricInterpretation === 'PALETTE COLOR') return palette && throughPalette(samples, palette);
  const eight = eightBit(samples, description.BitsStored);
  const weights = PhotometricInterpretation === 'YBR_PARTIAL_422' ? PARTIAL_RANGE : FULL_RANGE;
  const isYbr = /^YBR_(FULL|FULL_422|PARTIAL_422)$/.test(PhotometricInterpretation);
  if (isYbr && samples.length < 3 * pixelCount) return ybrToRgb(expand422(eight, pixelCount), weights);
  const byPixel = description.PlanarConfiguration === 1 ? interleave(eight, pixelCount) : eight;
  if (/^(RGB|YBR_RCT|YBR_ICT)$/.test(PhotometricInterpretation)) return byPixel;
  return isYbr ? ybrToRgb(byPixel, weights) : undefined;
}

/** How many samples a native frame of `Rows` × `Columns` has; the 422 ones share two colour samples among two pixels. */
export function sampleCount(
  { Rows, Columns, SamplesPerPixel, PhotometricInterpretation, BitsAllocated }: PixelDescription,
  byteCount: number,
): number {
  const full = Rows * Columns * SamplesPerPixel;
  const mayShare = /^YBR_(FULL|PARTIAL)_422$/.test(PhotometricInterpretation);
  return mayShare && byteCount < (full * BitsAllocated) / 8 ? Rows * Columns * 2 : full;
}

function eightBit(samples: Samples, BitsStored: number): Uint8Array {
  if (samples instanceof Uint8Array && BitsStored === 8) return samples;
  const scale = 255 / (2 ** BitsStored - 1);
  return Uint8Array.from(samples, (value) => Math.round(value * scale));
}

function interleave(planes: Uint8Array, pixelCount: number): Uint8Array {
  const pixels = new Uint8Array(3 * pixelCount);
  for (let index = 0; index < pixels.length; index++) {
    pixels[index] = planes[(index % 3) * pixelCount + Math.floor(index / 3)] ?? 0;
  }
  return pixels;
}

function throughPalette(samples: Samples, { red, green, blue }: { red: Lut; green: Lut; blue: Lut }): Uint8Array {
  const channels = [red, green, blue].map((lut) => ({ ...lut, values: eightBitEntries(lut) }));
  const rgb = new Uint8Array(3 * samples.length);
  channels.forEach((lut, channel) => {
    for (let index = 0; index < samples.length; index++) {
      rgb[3 * index + channel] = lookUp(lut, samples[index] ?? 0);
    }
  });
  return rgb;
}

/** Some writers announce 16 bits and fill only 8 of them. */
function eightBitEntries({ bits, values }: Lut): Uint16Array {
  const highest = values.reduce((max, value) => Math.max(max, value), 0);
  return highest <= 255 ? values : values.map((value) => value >> (bits - 8));
}
