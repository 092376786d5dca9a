import type { Codec, StreamHeader } from './codec.js';
import { isJpegYcbcr, MAX_SCANS, readJpegMarkers } from './jpeg-markers.js';
import { decodeWasmFrame, encodeWasmFrame, isYbr, isYbrOfJpeg2000 } from './wasm-frame.js';

/** JPEG baseline, extended and lossless (PS3.5 §A.4.1). */
export const jpegCodec: Codec = {
  read: (stream, image) => {
    const { isLossless, isYcbcr, ...header } = readHeader(stream);
    return {
      header,
      decode: async () => {
        // A lossless stream keeps what it was given; turning that into RGB would not.
        const givesRgb = isYbr(image) && !isLossless;
        // Some streams hold RGB and say so, whatever the data set says.
        const bytes = await decodeWasmFrame('Jpeg', { stream, header, image, toRgb: givesRgb && isYcbcr });
        return { ...image, ...((givesRgb || isYbrOfJpeg2000(image)) && { PhotometricInterpretation: 'RGB' }), bytes };
      },
    };
  },
  canEncode: ({ BitsAllocated, SamplesPerPixel }) =>
    BitsAllocated <= 16 && (SamplesPerPixel === 1 || SamplesPerPixel === 3),
  encode: (frame) => encodeWasmFrame('Jpeg', frame),
};

const LOSSLESS = 3;

interface JpegHeader extends StreamHeader {
  /** Every sample is kept as it was. */
  isLossless: boolean;
  /** What the stream says that its three components are. */
  isYcbcr: boolean;
}

function readHeader(stream: Buffer): JpegHeader {
  const markers = readJpegMarkers(stream);
  if (markers === undefined) throw new Error('there is no JPEG frame with a scan');
  if (markers.scanCount > MAX_SCANS) throw new Error(`there are ${markers.scanCount} scans, more than ${MAX_SCANS}`);
  const { Rows, Columns, precisionBits, components, startOfFrame } = markers;
  if (startOfFrame > LOSSLESS) throw new Error(`JPEG process SOF${startOfFrame} is not supported`);
  return {
    Rows,
    Columns,
    SamplesPerPixel: components.length,
    precisionBits,
    isSigned: false,
    isLossless: startOfFrame === LOSSLESS,
    isYcbcr: isJpegYcbcr(markers),
  };
}
