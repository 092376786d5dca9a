import { LedgerError } from '../../base/errors.js';
import type { Codec, StreamHeader } from './codec.js';
import { jpeg2000Codestream, readJpeg2000Header } from './jpeg2000-header.js';
import type { ImagePixel } from './native-frame.js';
import { decodeWasmFrame, encodeWasmFrame, isYbrOfJpeg2000 } from './wasm-frame.js';

/** JPEG 2000 (PS3.5 §A.4.4) and its high-throughput variant (ISO 15444-15). */
export function jpeg2000Codec(family: 'Jpeg2000' | 'HtJpeg2000'): Codec {
  return {
    read: (stream, image) => {
      const codestream = jpeg2000Codestream(stream);
      const header = readJpeg2000Header(codestream);
      return {
        header,
        decode: async () => {
          requireSamplesOfOneByte(header);
          return {
            ...image,
            ...correctedBits(header, image),
            ...(isYbrOfJpeg2000(image) && { PhotometricInterpretation: 'RGB' }),
            bytes: await decodeWasmFrame(family, { stream: codestream, header, image }),
          };
        },
      };
    },
    // Its coder damages colours of 16 bits.
    canEncode: ({ BitsAllocated, SamplesPerPixel }) =>
      SamplesPerPixel === 3 ? BitsAllocated === 8 : BitsAllocated <= 16 && SamplesPerPixel === 1,
    // Asked for by PS3.5 §8.2.4.
    encode: async (frame) =>
      frame.PhotometricInterpretation === 'RGB'
        ? {
            ...(await encodeWasmFrame(family, frame, { keepsSign: true, usesRct: true })),
            PhotometricInterpretation: 'YBR_RCT',
          }
        : encodeWasmFrame(family, frame, { keepsSign: true }),
  };
}

/** Of colours with samples of more than 8 bits the decoder writes only the low byte. */
function requireSamplesOfOneByte({ SamplesPerPixel, precisionBits }: StreamHeader): void {
  if (SamplesPerPixel === 1 || precisionBits <= 8) return;
  throw new LedgerError(
    'not-acceptable',
    `Colours of ${precisionBits} bits in JPEG 2000 cannot be decoded here; get the frame as it is stored.`,
  );
}

/**
 * Where stream and data set disagree about the sign, the JPEG 2000 stream is right. A stream without sign may hold the
 * bits of signed samples: then the sign is the highest bit of the stream.
 */
function correctedBits({ precisionBits, isSigned }: StreamHeader, image: ImagePixel): Partial<ImagePixel> {
  if (isSigned === (image.PixelRepresentation === 1)) return {};
  const BitsStored = isSigned ? Math.max(precisionBits, image.BitsStored) : precisionBits;
  return { BitsStored, HighBit: BitsStored - 1, PixelRepresentation: 1 };
}
