import type { Codec } from './codec.js';
import { decodeJpegLs, readJpegLsFrame } from './jpeg-ls.js';
import { widened } from './samples.js';
import { encodeWasmFrame } from './wasm-frame.js';

/** JPEG-LS (PS3.5 §A.4.3): decoded by our own decoder, written by WebAssembly. */
export const jpegLsCodec: Codec = {
  read: (stream, image) => ({
    header: { ...readJpegLsFrame(stream), isSigned: false },
    decode: async () => {
      const { samples } = decodeJpegLs(stream);
      return { ...image, bytes: widened(samples, { BitsAllocated: image.BitsAllocated, isSigned: false }) };
    },
  }),
  canEncode: ({ BitsAllocated, SamplesPerPixel }) =>
    BitsAllocated <= 16 && (SamplesPerPixel === 1 || SamplesPerPixel === 3),
  encode: (frame) => encodeWasmFrame('JpegLs', frame),
};
