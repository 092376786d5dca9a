import { decodeFrame } from './codec/decode.js';
import { decodable } from './codec/syntaxes.js';
import { sampleCount, toRgb } from './colour.js';
import { isEncapsulated } from './encoding.js';
import { toGray } from './grayscale.js';
import type { PixelDescription } from './pixel-description.js';
import { readSamples, type Samples } from './samples.js';

/** More are not decoded: 8,192 × 8,192, far above any detector, far below what exhausts memory. */
export const maxPixels = 2 ** 26;

/** 8-bit gray (`channels` 1) or R, G, B of each pixel, row by row from the top left. */
export interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Whether `renderFrame` knows the transfer syntax. */
export function canRender(transferSyntaxUID: string): boolean {
  return !isEncapsulated(transferSyntaxUID) || decodable.has(transferSyntaxUID);
}

/**
 * One frame (uncompressed ones in little endian) as it is shown by default: modality and VOI transformations and colours
 * applied, at full size. Undefined for what is not to be shown: other transfer syntaxes, missing bytes, more than
 * `maxPixels`. Throws `corrupt` for a stream that cannot be decoded.
 */
export async function renderFrame(
  frame: { bytes: Buffer; transferSyntaxUID: string },
  description: PixelDescription,
): Promise<Picture | undefined> {
  if (description.Rows * description.Columns > maxPixels) return undefined;
  if (!isEncapsulated(frame.transferSyntaxUID)) {
    const samples = readSamples(frame.bytes, description, sampleCount(description, frame.bytes.length));
    return samples && renderSamples(samples, description);
  }
  if (!decodable.has(frame.transferSyntaxUID)) return undefined;
  const { bytes, ...decoded } = await decodeFrame(frame.bytes, {
    ...description,
    transferSyntaxUID: frame.transferSyntaxUID,
  });
  const native = { ...description, ...decoded, PlanarConfiguration: 0 };
  const pixels = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const samples = readSamples(pixels, native, sampleCount(native, pixels.length));
  return samples && renderSamples(samples, native);
}

function renderSamples(samples: Samples, description: PixelDescription): Picture | undefined {
  const { Rows: height, Columns: width, PhotometricInterpretation } = description;
  if (PhotometricInterpretation.startsWith('MONOCHROME')) {
    return { pixels: toGray(samples, description), width, height, channels: 1 };
  }
  const pixels = toRgb(samples, description);
  return pixels && { pixels, width, height, channels: 3 };
}
