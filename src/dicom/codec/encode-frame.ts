import { LedgerError } from '../../base/errors.js';
import { decodeFrame } from './decode-frame.js';
import type { ImagePixel, NativeFrame } from './native-frame.js';
import { encodeRle, fitsRle } from './rle.js';
import { fitsBits } from './sample-bits.js';
import { ENCODABLE, familyOf, isJpeg2000, type CodecFamily } from '../../standard/transfer-syntaxes.js';
import { withCodecs } from './thread-codecs.js';

/**
 * Whether such frames can be written in a transfer syntax: 8 and 16 bits allocated with 1 or 3 samples, RLE 32 bits too; not
 * 16-bit colour in JPEG 2000, which its coder damages.
 */
export function canEncode(
  { BitsAllocated, SamplesPerPixel }: Pick<ImagePixel, 'BitsAllocated' | 'SamplesPerPixel'>,
  transferSyntaxUID: string,
): boolean {
  const family = familyOf(transferSyntaxUID);
  if (!ENCODABLE.has(transferSyntaxUID) || ![8, 16, 32].includes(BitsAllocated)) return false;
  if (family === 'Rle') return fitsRle((SamplesPerPixel * BitsAllocated) / 8);
  if (isJpeg2000(family) && SamplesPerPixel === 3) return BitsAllocated === 8;
  return BitsAllocated <= 16 && (SamplesPerPixel === 1 || SamplesPerPixel === 3);
}

/**
 * The frame in a lossless transfer syntax of `encodable`; its bytes are the codestream. RGB becomes YBR_RCT where the
 * standard asks for that (PS3.5 §8.2.4). For worker threads. What was written is decoded and compared, so that nothing is
 * given out that lost a bit. Throws `not-acceptable` for what `canEncode` denies and for a frame that the coder damages.
 */
export async function encodeFrame(frame: NativeFrame, transferSyntaxUID: string): Promise<NativeFrame> {
  const refusal = `A frame of ${frame.BitsAllocated} bits allocated and ${frame.SamplesPerPixel} samples is not written in transfer syntax ${transferSyntaxUID}; ask for another.`;
  const family = familyOf(transferSyntaxUID);
  if (family === undefined || !canEncode(frame, transferSyntaxUID)) throw new LedgerError('not-acceptable', refusal);
  try {
    const encoded = await encodeStream(family, frame);
    const { bytes } = await decodeFrame(encoded.bytes, { ...encoded, transferSyntaxUID });
    if (Buffer.compare(bytes, frame.bytes) === 0) return encoded;
  } catch (cause) {
    throw new LedgerError('not-acceptable', refusal, { cause });
  }
  throw new LedgerError('not-acceptable', refusal);
}

async function encodeStream(family: CodecFamily, frame: NativeFrame): Promise<NativeFrame> {
  const { BitsAllocated, SamplesPerPixel, Columns } = frame;
  if (family === 'Rle') {
    return { ...frame, bytes: encodeRle(frame.bytes, { Columns, SamplesPerPixel, sampleBytes: BitsAllocated / 8 }) };
  }
  const usesRct = frame.PhotometricInterpretation === 'RGB' && isJpeg2000(family);
  const stored = { ...frame, BitsStored: streamBits(family, frame) };
  const stream = await withCodecs({ family, sampleCount: frame.bytes.length }, (codecs) =>
    codecs.encode(family, stored, { usesRct }),
  );
  return { ...frame, bytes: stream, ...(usesRct && { PhotometricInterpretation: 'YBR_RCT' }) };
}

/** Samples may have more than BitsStored, an overlay or a sign: a stream of so few bits would lose them. */
function streamBits(
  family: CodecFamily,
  { bytes, BitsAllocated, BitsStored, PixelRepresentation }: NativeFrame,
): number {
  // JPEG and JPEG-LS know no sign: there it is one more bit.
  const isSigned = PixelRepresentation === 1 && isJpeg2000(family);
  // The coders take fewer bits for bytes.
  const bits = Math.max(BitsStored, BitsAllocated === 16 ? 9 : 2);
  return fitsBits(bytes, { BitsAllocated, bits, isSigned }) ? bits : BitsAllocated;
}
