import type { Codec } from './codec.js';
import { decodeRle, encodeRle, fitsRle } from './rle.js';

/** RLE Lossless (PS3.5 §G). */
export const rleCodec: Codec = {
  read: (stream, image) => ({
    header: undefined,
    decode: async () => {
      const { Rows, Columns, SamplesPerPixel, BitsAllocated } = image;
      const sampleBytes = BitsAllocated / 8;
      return { ...image, bytes: decodeRle(stream, { pixelCount: Rows * Columns, SamplesPerPixel, sampleBytes }) };
    },
  }),
  canEncode: ({ BitsAllocated, SamplesPerPixel }) => fitsRle((SamplesPerPixel * BitsAllocated) / 8),
  encode: async (frame) => {
    const { Columns, SamplesPerPixel, BitsAllocated } = frame;
    return { ...frame, bytes: encodeRle(frame.bytes, { Columns, SamplesPerPixel, sampleBytes: BitsAllocated / 8 }) };
  },
};
