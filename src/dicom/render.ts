import sharp from 'sharp';
import { sampleCount, toRgb } from './colour.js';
import { isEncapsulated } from './encoding.js';
import { toGray } from './grayscale.js';
import { maxScans, readJpegMarkers, withColourSpace } from './jpeg-markers.js';
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

/** JPEG Baseline, and JPEG Extended, of which only 8-bit streams are decoded. */
const jpeg = ['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51'];

/** Whether `renderFrame` knows the transfer syntax. */
export function canRender(transferSyntaxUID: string): boolean {
  return !isEncapsulated(transferSyntaxUID) || jpeg.includes(transferSyntaxUID);
}

/**
 * One frame (uncompressed ones in little endian) as it is shown by default: modality and VOI transformations and colours applied, at full size. Undefined
 * for what cannot be decoded: other transfer syntaxes, broken or missing bytes, more than `maxPixels`.
 */
export async function renderFrame(
  frame: { bytes: Buffer; transferSyntaxUID: string },
  description: PixelDescription,
): Promise<Picture | undefined> {
  if (description.Rows * description.Columns > maxPixels) return undefined;
  if (jpeg.includes(frame.transferSyntaxUID)) return renderJpeg(frame.bytes, description);
  if (isEncapsulated(frame.transferSyntaxUID)) return undefined;
  const samples = readSamples(frame.bytes, description, sampleCount(description, frame.bytes.length));
  return samples && renderSamples(samples, description);
}

function renderSamples(samples: Samples, description: PixelDescription): Picture | undefined {
  const { Rows: height, Columns: width, PhotometricInterpretation } = description;
  if (PhotometricInterpretation.startsWith('MONOCHROME')) {
    return { pixels: toGray(samples, description), width, height, channels: 1 };
  }
  const pixels = toRgb(samples, description);
  return pixels && { pixels, width, height, channels: 3 };
}

async function renderJpeg(bytes: Buffer, description: PixelDescription): Promise<Picture | undefined> {
  const markers = readJpegMarkers(bytes);
  if (markers === undefined || markers.startOfFrame > 2 || markers.precisionBits !== 8) return undefined;
  const { Rows, Columns, components } = markers;
  if (Rows * Columns > maxPixels || markers.scanCount > maxScans) return undefined;
  const isColour = components.length === 3;
  if (!isColour && components.length !== 1) return undefined;
  const ycbcr = description.PhotometricInterpretation.startsWith('YBR');
  const stream = isColour ? withColourSpace(bytes, markers, ycbcr) : bytes;
  const pixels = await sharp(stream, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true })
    .toColourspace(isColour ? 'srgb' : 'b-w')
    .raw()
    .toBuffer()
    .catch(() => undefined);
  if (pixels?.length !== Rows * Columns * components.length) return undefined;
  if (isColour) return { pixels, width: Columns, height: Rows, channels: 3 };
  const PhotometricInterpretation = description.PhotometricInterpretation.startsWith('MONOCHROME')
    ? description.PhotometricInterpretation
    : 'MONOCHROME2';
  const gray = { ...description, Rows, Columns, PhotometricInterpretation, BitsAllocated: 8 };
  return renderSamples(
    description.PixelRepresentation === 1 ? new Int8Array(pixels.buffer, pixels.byteOffset, pixels.length) : pixels,
    gray,
  );
}
