import { LedgerError } from '../../base/errors.js';
import { traitsOf } from '../../standard/transfer-syntaxes.js';
import type { Codec } from './codec.js';
import { CODECS } from './codecs.js';
import { decodeFrame } from './decode-frame.js';
import type { ImagePixel, NativeFrame } from './native-frame.js';

/**
 * Whether such frames can be written in a transfer syntax: 8 and 16 bits allocated with 1 or 3 samples, RLE 32 bits too, JPEG
 * Baseline 8 bits alone; not 16-bit colour in JPEG 2000, which its coder damages.
 */
export function canEncode(
  image: Pick<ImagePixel, 'BitsAllocated' | 'SamplesPerPixel'>,
  transferSyntaxUID: string,
): boolean {
  return encoderOf(image, transferSyntaxUID) !== undefined;
}

/**
 * The frame in a transfer syntax of `ENCODABLE`, or in JPEG Baseline, which is lossy; its bytes are the codestream. RGB becomes YBR_RCT
 * where the standard asks for that (PS3.5 §8.2.4). For worker threads. What was written is decoded and compared, so that nothing is
 * given out that lost a bit unless it says so. Throws `not-acceptable` for what `canEncode` denies and for a frame that the coder damages.
 */
export async function encodeFrame(frame: NativeFrame, transferSyntaxUID: string): Promise<NativeFrame> {
  const refusal = `A frame of ${frame.BitsAllocated} bits allocated and ${frame.SamplesPerPixel} samples is not written in transfer syntax ${transferSyntaxUID}; ask for another.`;
  const codec = encoderOf(frame, transferSyntaxUID);
  if (codec === undefined) throw new LedgerError('not-acceptable', refusal);
  try {
    const encoded = await codec.encode(frame, traitsOf(transferSyntaxUID).encodable === 'lossily');
    const { bytes } = await decodeFrame(encoded.bytes, { ...encoded, transferSyntaxUID });
    if (encoded.lossyMethod !== undefined || Buffer.compare(bytes, frame.bytes) === 0) return encoded;
  } catch (cause) {
    throw new LedgerError('not-acceptable', refusal, { cause });
  }
  throw new LedgerError('not-acceptable', refusal);
}

function encoderOf(
  image: Pick<ImagePixel, 'BitsAllocated' | 'SamplesPerPixel'>,
  transferSyntaxUID: string,
): Codec | undefined {
  const { codec, encodable } = traitsOf(transferSyntaxUID);
  if (codec === undefined || encodable === undefined || ![8, 16, 32].includes(image.BitsAllocated)) return undefined;
  return CODECS[codec].canEncode(image, encodable === 'lossily') ? CODECS[codec] : undefined;
}
