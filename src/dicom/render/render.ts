import { isEncapsulated, DECODABLE } from '../../standard/transfer-syntaxes.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { decodeFrame } from '../codec/decode-frame.js';
import { sampleCount, toRgb } from './to-rgb.js';
import { drawOverlays } from './draw-overlays.js';
import { toGray } from './to-gray.js';
import { MAX_PIXELS } from '../codec/native-frame.js';
import type { Overlay } from './overlays.js';
import type { PixelDescription } from '../codec/pixel-description.js';
import type { VoiWindow } from '../../standard/rendering.js';
import { readSamples, type Samples } from '../codec/samples.js';
import type { Picture } from './picture.js';

/** Whether `renderFrame` knows the transfer syntax. */
export function canRender(transferSyntaxUID: string): boolean {
  return !isEncapsulated(transferSyntaxUID) || DECODABLE.has(transferSyntaxUID);
}

/**
 * One frame (uncompressed ones in little endian) as it is shown by default, or gray through `window`: modality and VOI
 * transformations and colours applied, graphics drawn, at full size. Undefined for what is not to be shown: other
 * transfer syntaxes, missing bytes, more than `MAX_PIXELS`. Throws `corrupt` for a stream that cannot be decoded.
 */
export async function renderFrame(
  frame: { bytes: Buffer; transferSyntaxUID: string },
  description: PixelDescription,
  { window, overlays = [] }: { window?: VoiWindow; overlays?: readonly Overlay[] } = {},
): Promise<Picture | undefined> {
  if (description.Rows * description.Columns > MAX_PIXELS) return undefined;
  const native = await nativeFrame(frame, window ? withWindow(description, window) : description);
  const samples = native && readSamples(native.bytes, native, sampleCount(native, native.bytes.length));
  const picture = samples && renderSamples(samples, native);
  if (picture && overlays.length > 0) drawOverlays(picture, { overlays, words: wordReader(native) });
  return picture;
}

type NativeDescription = PixelDescription & { bytes: Buffer };

/** The frame uncompressed, with the attributes that it has then. */
async function nativeFrame(
  { bytes, transferSyntaxUID }: { bytes: Buffer; transferSyntaxUID: string },
  description: PixelDescription,
): Promise<NativeDescription | undefined> {
  if (!isEncapsulated(transferSyntaxUID)) return { ...description, bytes };
  if (!DECODABLE.has(transferSyntaxUID)) return undefined;
  const decoded = await decodeFrame(bytes, { ...description, transferSyntaxUID });
  return { ...description, ...decoded, PlanarConfiguration: 0, bytes: asBuffer(decoded.bytes) };
}

function withWindow(description: PixelDescription, { center, width, function: name }: VoiWindow): PixelDescription {
  return { ...description, WindowCenter: center, WindowWidth: width, VOILUTFunction: name };
}

/** Whole words of a frame with one sample per pixel, with those bits that are not part of the pixel's value. */
function wordReader({ bytes, BitsAllocated }: NativeDescription): (pixel: number) => number {
  if (BitsAllocated === 16) return (pixel) => (2 * pixel + 2 <= bytes.length ? bytes.readUInt16LE(2 * pixel) : 0);
  return (pixel) => (BitsAllocated === 8 ? (bytes[pixel] ?? 0) : 0);
}

function renderSamples(samples: Samples, description: PixelDescription): Picture | undefined {
  const { Rows: height, Columns: width, PhotometricInterpretation } = description;
  if (PhotometricInterpretation.startsWith('MONOCHROME')) {
    return { pixels: toGray(samples, description), width, height, channels: 1 };
  }
  const pixels = toRgb(samples, description);
  return pixels && { pixels, width, height, channels: 3 };
}
