import { LedgerError } from '../../errors.js';
import type { ImagePixel, NativeFrame } from './native-frame.js';
import { encodable, familyOf } from './syntaxes.js';
import { withCodecs } from './thread-codecs.js';

/** Whether `encodeFrame` keeps every bit of such a frame: 8 and 16 bits allocated, gray, palette or three colours. */
export function canEncode(
  image: Pick<ImagePixel, 'BitsAllocated' | 'SamplesPerPixel'>,
  transferSyntaxUID: string,
): boolean {
  const { BitsAllocated, SamplesPerPixel } = image;
  return (
    encodable.has(transferSyntaxUID) &&
    (BitsAllocated === 8 || BitsAllocated === 16) &&
    (SamplesPerPixel === 1 || SamplesPerPixel === 3)
  );
}

/**
 * The frame in a lossless transfer syntax of `encodable`; its bytes are the codestream. RGB becomes YBR_RCT where the
 * standard asks for that (PS3.5 §8.2.4). For worker threads. Throws `not-acceptable` for what `canEncode` denies.
 */
export async function encodeFrame(frame: NativeFrame, transferSyntaxUID: string): Promise<NativeFrame> {
  const family = familyOf(transferSyntaxUID);
  if (family === undefined || !canEncode(frame, transferSyntaxUID))
    throw new LedgerError(
      'not-acceptable',
      `A frame of ${frame.BitsAllocated} bits allocated and ${frame.SamplesPerPixel} samples is not written in transfer syntax ${transferSyntaxUID}; ask for another.`,
    );
  const usesRct = frame.PhotometricInterpretation === 'RGB' && family.endsWith('2000');
  const bytes = await withCodecs((codecs) => codecs.encode(family, frame, { usesRct }));
  return { ...frame, bytes, ...(usesRct && { PhotometricInterpretation: 'YBR_RCT' }) };
}
