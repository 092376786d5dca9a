import type { Codec, StreamHeader } from './codec.js';
import { encodeBaseline } from './encode-baseline.js';
import { colourModel, MAX_SCANS, readJpegMarkers, type JpegMarkers } from './jpeg-markers.js';
import { decodeWasmFrame, encodeWasmFrame, isYbr, isYbrOfJpeg2000 } from './wasm-frame.js';

/** JPEG baseline, extended and lossless (PS3.5 §A.4.1). */
export const jpegCodec: Codec = {
  read: (stream, image) => {
    const { markers, ...header } = readHeader(stream);
    return {
      header,
      decode: async ({ keepsYbr = false } = {}) => {
        // A lossless stream keeps what it was given; turning that into RGB would not.
        const isLossy = markers.startOfFrame !== LOSSLESS && image.SamplesPerPixel === 3;
        const isYcbcr = isLossy && (colourModel(markers) ?? (isYbr(image) ? 'YCbCr' : 'RGB')) === 'YCbCr';
        const toRgb = isYcbcr && !(keepsYbr && isYbr(image) && !isYbrOfJpeg2000(image));
        const bytes = await decodeWasmFrame('Jpeg', {
          stream,
          header,
          image: { ...image, ...(isLossy && { PhotometricInterpretation: isYcbcr ? 'YBR_FULL' : 'RGB' }) },
          toRgb,
        });
        if (!isLossy) return { ...image, ...(isYbrOfJpeg2000(image) && { PhotometricInterpretation: 'RGB' }), bytes };
        return { ...image, PhotometricInterpretation: isYcbcr && !toRgb ? 'YBR_FULL' : 'RGB', bytes };
      },
    };
  },
  canEncode: ({ BitsAllocated, SamplesPerPixel }, isLossy) =>
    BitsAllocated <= (isLossy ? 8 : 16) && (SamplesPerPixel === 1 || SamplesPerPixel === 3),
  encode: (frame, isLossy) => (isLossy ? encodeBaseline(frame) : encodeWasmFrame('Jpeg', frame)),
};

const LOSSLESS = 3;

function readHeader(stream: Buffer): StreamHeader & { markers: JpegMarkers } {
  const markers = readJpegMarkers(stream);
  if (markers === undefined) throw new Error('there is no JPEG frame with a scan');
  if (markers.scanCount > MAX_SCANS) throw new Error(`there are ${markers.scanCount} scans, more than ${MAX_SCANS}`);
  const { Rows, Columns, precisionBits, components, startOfFrame } = markers;
  if (startOfFrame > LOSSLESS) throw new Error(`JPEG process SOF${startOfFrame} is not supported`);
  return { Rows, Columns, SamplesPerPixel: components.length, precisionBits, isSigned: false, markers };
}
