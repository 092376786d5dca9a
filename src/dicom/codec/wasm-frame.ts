import type { CodecFamily } from '../../standard/transfer-syntaxes.js';
import type { StreamHeader } from './codec.js';
import type { ImagePixel, NativeFrame } from './native-frame.js';
import { fitsBits, widened, wordsOf } from './samples.js';
import { withWasmCodecs } from './with-wasm-codecs.js';

/**
 * The samples of a stream by pixel, in the bits that `image` allocates. `toRgb`: the JPEG stream holds YCbCr, which is
 * converted.
 */
export async function decodeWasmFrame(
  family: CodecFamily,
  {
    stream,
    header: { precisionBits, isSigned },
    image,
    toRgb = false,
  }: { stream: Buffer; header: StreamHeader; image: ImagePixel; toRgb?: boolean },
): Promise<Uint8Array> {
  const { Rows, Columns, SamplesPerPixel, PhotometricInterpretation, BitsAllocated } = image;
  const sampleBits = precisionBits > 8 ? 16 : 8;
  const raster = {
    Rows,
    Columns,
    SamplesPerPixel,
    PhotometricInterpretation,
    BitsAllocated: sampleBits,
    BitsStored: precisionBits,
    PixelRepresentation: Number(isSigned),
  };
  const decoded = await withWasmCodecs({ family, sampleCount: Rows * Columns * SamplesPerPixel }, (codecs) =>
    codecs.decode(family, stream, raster, { toRgb }),
  );
  return widened(sampleBits === 8 ? decoded : wordsOf(decoded), { BitsAllocated, isSigned });
}

/** The frame as a lossless codestream. `keepsSign`: the family knows signed samples. */
export async function encodeWasmFrame(
  family: CodecFamily,
  frame: NativeFrame,
  { keepsSign = false, usesRct = false }: { keepsSign?: boolean; usesRct?: boolean } = {},
): Promise<NativeFrame> {
  const stored = { ...frame, BitsStored: streamBits(frame, keepsSign) };
  const bytes = await withWasmCodecs({ family, sampleCount: frame.bytes.length }, (codecs) =>
    codecs.encode(family, stored, { usesRct }),
  );
  return { ...frame, bytes };
}

/** Samples may use bits beyond BitsStored, for an overlay or a sign: a stream of BitsStored bits would lose those. */
function streamBits(
  { bytes, BitsAllocated, BitsStored, PixelRepresentation }: NativeFrame,
  keepsSign: boolean,
): number {
  // Where no sign is known it is one more bit.
  const isSigned = PixelRepresentation === 1 && keepsSign;
  // The coders take fewer bits for bytes.
  const bits = Math.max(BitsStored, BitsAllocated === 16 ? 9 : 2);
  return fitsBits(bytes, { BitsAllocated, bits, isSigned }) ? bits : BitsAllocated;
}

/** Three samples of luminance and colour differences. */
export function isYbr({ SamplesPerPixel, PhotometricInterpretation }: ImagePixel): boolean {
  return SamplesPerPixel === 3 && PhotometricInterpretation.startsWith('YBR');
}

/** Colours as JPEG 2000 transforms them (PS3.3 §C.7.6.3.1.2): its decoder gives RGB. */
export function isYbrOfJpeg2000(image: ImagePixel): boolean {
  return isYbr(image) && /_(RCT|ICT)$/.test(image.PhotometricInterpretation);
}
