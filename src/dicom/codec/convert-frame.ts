import { TRANSFER_SYNTAXES, isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { LedgerError } from '../../base/errors.js';
import { decodeFrame } from './decode-frame.js';
import { encodeFrame } from './encode-frame.js';
import type { NativeFrame } from './native-frame.js';
import type { PixelDescription } from './pixel-description.js';

/**
 * Gives one frame in another transfer syntax; an uncompressed one has to be in little endian. For worker threads.
 * Throws what `decodeFrame` and `encodeFrame` throw.
 */
export async function convertFrame(
  frame: { bytes: Uint8Array; transferSyntaxUID: string },
  description: PixelDescription,
  to: string,
): Promise<NativeFrame> {
  const native = isEncapsulated(frame.transferSyntaxUID)
    ? await decodeFrame(frame.bytes, { ...description, transferSyntaxUID: frame.transferSyntaxUID })
    : nativeFrame(frame.bytes, description);
  return to === TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid ? native : encodeFrame(native, to);
}

/** An uncompressed frame by pixel. */
function nativeFrame(bytes: Uint8Array, description: PixelDescription): NativeFrame {
  const { Rows, Columns, SamplesPerPixel, PhotometricInterpretation, PlanarConfiguration } = description;
  const { BitsAllocated, BitsStored, HighBit, PixelRepresentation } = description;
  const byteCount = Math.ceil((Rows * Columns * SamplesPerPixel * BitsAllocated) / 8);
  if (bytes.length < byteCount)
    throw new LedgerError('corrupt', `The frame has ${bytes.length} bytes; its description asks for ${byteCount}.`);
  const isPlanar = SamplesPerPixel > 1 && PlanarConfiguration === 1;
  const frame = bytes.subarray(0, byteCount);
  return {
    bytes: isPlanar ? byPixel(frame, { SamplesPerPixel, sampleBytes: BitsAllocated / 8 }) : frame,
    Rows,
    Columns,
    SamplesPerPixel,
    PhotometricInterpretation,
    BitsAllocated,
    BitsStored,
    HighBit,
    PixelRepresentation,
  };
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
