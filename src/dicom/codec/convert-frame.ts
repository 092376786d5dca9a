import { TRANSFER_SYNTAXES, isEncapsulated, traitsOf } from '../../standard/transfer-syntaxes.js';
import { LedgerError } from '../../base/errors.js';
import { decodeFrame } from './decode-frame.js';
import { encodeFrame } from './encode-frame.js';
import type { NativeFrame } from './native-frame.js';
import type { PixelDescription } from './pixel-description.js';
import { expand422, rgbToYbr, share422 } from './ybr.js';

/**
 * `by-pixel`: colours by pixel, those of a lossy JPEG as RGB; the frame says what it is. `described`: colours, planes and shared colour
 * differences are what the data set says; a codestream has them by pixel.
 */
export type FrameLayoutName = 'by-pixel' | 'described';

/**
 * Gives one frame in another transfer syntax; an uncompressed one has to be in little endian. For worker threads.
 * Throws what `decodeFrame` and `encodeFrame` throw.
 */
export async function convertFrame(
  frame: { bytes: Uint8Array; transferSyntaxUID: string },
  description: PixelDescription,
  { to, layout }: { to: string; layout: FrameLayoutName },
): Promise<NativeFrame> {
  const { transferSyntaxUID } = frame;
  const isDescribed = layout === 'described';
  const isCompressed = isEncapsulated(transferSyntaxUID) && !traitsOf(transferSyntaxUID).nativeInFragments;
  const native = isCompressed
    ? await decodeFrame(frame.bytes, { ...description, transferSyntaxUID, keepsYbr: isDescribed })
    : nativeFrame(frame.bytes, description);
  const coloured = isDescribed ? inColoursOf(description, native) : native;
  if (to !== TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid) return encodeFrame(coloured, to);
  return isDescribed ? laidOutAs(description, coloured) : coloured;
}

/** RGB as YBR where the data set says that. */
function inColoursOf({ PhotometricInterpretation: wanted }: PixelDescription, frame: NativeFrame): NativeFrame {
  if (frame.PhotometricInterpretation !== 'RGB' || frame.BitsAllocated !== 8 || !/^YBR_FULL(_422)?$/.test(wanted))
    return frame;
  return { ...frame, PhotometricInterpretation: 'YBR_FULL', bytes: rgbToYbr(frame.bytes) };
}

/** Colour differences that two pixels share, or planes, where the data set says so. An odd row cannot share them. */
function laidOutAs(description: PixelDescription, frame: NativeFrame): NativeFrame {
  const { PhotometricInterpretation, PlanarConfiguration } = description;
  const { SamplesPerPixel, BitsAllocated, Columns, bytes } = frame;
  if (SamplesPerPixel !== 3) return frame;
  if (/_422$/.test(PhotometricInterpretation) && BitsAllocated === 8 && Columns % 2 === 0)
    return { ...frame, PhotometricInterpretation, bytes: share422(bytes) };
  if (PlanarConfiguration !== 1) return frame;
  return { ...frame, bytes: byPlane(bytes, { SamplesPerPixel, sampleBytes: BitsAllocated / 8 }) };
}

/** An uncompressed frame by pixel. */
function nativeFrame(bytes: Uint8Array, description: PixelDescription): NativeFrame {
  const { Rows, Columns, SamplesPerPixel, PlanarConfiguration } = description;
  const { BitsAllocated, BitsStored, HighBit, PixelRepresentation } = description;
  const byteCount = Math.ceil((Rows * Columns * SamplesPerPixel * BitsAllocated) / 8);
  const { PhotometricInterpretation } = description;
  const mayShare = PhotometricInterpretation === 'YBR_FULL_422' && BitsAllocated === 8;
  const isShared = mayShare && bytes.length < byteCount && bytes.length >= 2 * Rows * Columns;
  if (bytes.length < byteCount && !isShared)
    throw new LedgerError('corrupt', `The frame has ${bytes.length} bytes; its description asks for ${byteCount}.`);
  const isPlanar = SamplesPerPixel > 1 && PlanarConfiguration === 1;
  const frame = bytes.subarray(0, byteCount);
  return {
    bytes: isShared
      ? expand422(bytes, Rows * Columns)
      : isPlanar
        ? byPixel(frame, { SamplesPerPixel, sampleBytes: BitsAllocated / 8 })
        : frame,
    Rows,
    Columns,
    SamplesPerPixel,
    PhotometricInterpretation: nativeColours(PhotometricInterpretation),
    BitsAllocated,
    BitsStored,
    HighBit,
    PixelRepresentation,
  };
}

/** What samples are that have their own colours each: RCT and ICT exist within JPEG 2000 only. */
function nativeColours(PhotometricInterpretation: string): string {
  if (/^YBR_(RCT|ICT)$/.test(PhotometricInterpretation)) return 'RGB';
  return PhotometricInterpretation.replace('YBR_FULL_422', 'YBR_FULL');
}

function byPixel(
  planes: Uint8Array,
  { SamplesPerPixel, sampleBytes }: { SamplesPerPixel: number; sampleBytes: number },
): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  const planeBytes = planes.length / SamplesPerPixel;
  let to = 0;
  for (let from = 0; from < planeBytes; from += sampleBytes) {
    for (let sample = 0; sample < SamplesPerPixel; sample++) {
      for (let byte = 0; byte < sampleBytes; byte++) pixels[to++] = planes[sample * planeBytes + from + byte] ?? 0;
    }
  }
  return pixels;
}

function byPlane(
  pixels: Uint8Array,
  { SamplesPerPixel, sampleBytes }: { SamplesPerPixel: number; sampleBytes: number },
): Uint8Array {
  // Turning rows into columns is the same both ways.
  return byPixel(pixels, { SamplesPerPixel: pixels.length / SamplesPerPixel / sampleBytes, sampleBytes });
}
