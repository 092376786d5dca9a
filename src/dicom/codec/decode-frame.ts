import { LedgerError } from '../../base/errors.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { MAX_PIXELS, type ImagePixel, type NativeFrame } from './native-frame.js';
import { decodeJpegLs } from './jpeg-ls.js';
import { decodeRle } from './rle.js';
import { widened, wordsOf } from './sample-bits.js';
import { jpeg2000Codestream, readStreamHeader, type StreamHeader } from './stream-header.js';
import { familyOf, isJpeg2000, type CodecFamily } from '../../standard/transfer-syntaxes.js';
import { withCodecs } from './thread-codecs.js';

/**
 * One compressed frame uncompressed. For worker threads: it blocks, and hostile bytes can keep it from ever ending.
 * Bits and sign are those of the data set, except where a JPEG 2000 stream has others: it knows better. Throws `corrupt`
 * with what is wrong, before memory is taken for a stream whose dimensions are not those of the data set, and
 * `not-acceptable` for a transfer syntax that is not in `decodable` and for JPEG 2000 in colours of more than 8 bits.
 */
export async function decodeFrame(
  bytes: Uint8Array,
  { transferSyntaxUID, ...image }: ImagePixel & { transferSyntaxUID: string },
): Promise<NativeFrame> {
  const family = familyOf(transferSyntaxUID);
  if (family === undefined)
    throw new LedgerError('not-acceptable', `Frames in transfer syntax ${transferSyntaxUID} cannot be decoded here.`);
  const stream = asBuffer(bytes);
  try {
    requireLayout(image);
    const header = readStreamHeader(family, stream);
    if (header) requireAgreement(header, image);
    if (header && isJpeg2000(family)) requireSamplesOfOneByte(header);
    return withByteCount(await decodeStream(family, stream, image, header));
  } catch (cause) {
    if (cause instanceof LedgerError && cause.code !== 'corrupt') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('corrupt', `The frame (${transferSyntaxUID}) cannot be decoded: ${reason}.`, { cause });
  }
}

async function decodeStream(
  family: CodecFamily,
  stream: Buffer,
  image: ImagePixel,
  header: StreamHeader | undefined,
): Promise<NativeFrame> {
  const { Rows, Columns, SamplesPerPixel, BitsAllocated, BitsStored, HighBit, PixelRepresentation } = image;
  const { PhotometricInterpretation } = image;
  const attributes = { Rows, Columns, SamplesPerPixel, BitsAllocated, BitsStored, HighBit, PixelRepresentation };
  if (header === undefined) {
    const sampleBytes = BitsAllocated / 8;
    const pixels = decodeRle(stream, { pixelCount: Rows * Columns, SamplesPerPixel, sampleBytes });
    return { ...attributes, PhotometricInterpretation, bytes: pixels };
  }
  if (family === 'JpegLs') {
    const { samples } = decodeJpegLs(stream);
    return { ...attributes, PhotometricInterpretation, bytes: widened(samples, { BitsAllocated, isSigned: false }) };
  }
  const isColour = SamplesPerPixel === 3;
  const isYbr = isColour && PhotometricInterpretation.startsWith('YBR');
  const isJpeg = family === 'Jpeg';
  // A lossless stream keeps what it was given; turning that into RGB would not.
  const givesRgb = isJpeg && isYbr && !header.isLossless;
  const sampleBits = header.precisionBits > 8 ? 16 : 8;
  const sampleCount = Rows * Columns * SamplesPerPixel;
  const decoded = await withCodecs({ family, sampleCount }, (codecs) =>
    codecs.decode(
      family,
      isJpeg ? stream : jpeg2000Codestream(stream),
      {
        ...attributes,
        PhotometricInterpretation,
        BitsAllocated: sampleBits,
        BitsStored: header.precisionBits,
        PixelRepresentation: Number(header.isSigned),
      },
      // Some streams hold RGB and say so, whatever the data set says.
      { toRgb: givesRgb && header.isYcbcr },
    ),
  );
  const samples = sampleBits === 8 ? decoded : wordsOf(decoded);
  const isRgbNow = givesRgb || (isYbr && /_(RCT|ICT)$/.test(PhotometricInterpretation));
  return {
    ...attributes,
    ...(!isJpeg && correctedBits(header, image)),
    PhotometricInterpretation: isRgbNow ? 'RGB' : PhotometricInterpretation,
    bytes: widened(samples, { BitsAllocated, isSigned: header.isSigned }),
  };
}

/**
 * The sign of a JPEG 2000 stream counts where the data set tells another one. A stream without sign may hold the bits of
 * signed samples: then the sign is the highest bit of the stream.
 */
function correctedBits({ precisionBits, isSigned }: StreamHeader, image: ImagePixel): Partial<ImagePixel> {
  if (isSigned === (image.PixelRepresentation === 1)) return {};
  const BitsStored = isSigned ? Math.max(precisionBits, image.BitsStored) : precisionBits;
  return { BitsStored, HighBit: BitsStored - 1, PixelRepresentation: 1 };
}

function requireLayout({ BitsAllocated }: ImagePixel): void {
  if (![8, 16, 32].includes(BitsAllocated)) throw new Error(`${BitsAllocated} bits allocated cannot be compressed`);
}

/** Before any memory is taken. */
function requireAgreement(header: StreamHeader, image: ImagePixel): void {
  const { Rows, Columns, SamplesPerPixel, precisionBits } = header;
  if (Rows * Columns > MAX_PIXELS) throw new Error(`${Columns} × ${Rows} pixels are more than are decoded`);
  if (Rows !== image.Rows || Columns !== image.Columns || SamplesPerPixel !== image.SamplesPerPixel)
    throw new Error(
      `its ${Columns} × ${Rows} pixels of ${SamplesPerPixel} samples are not the ${image.Columns} × ${image.Rows} of ${image.SamplesPerPixel} in the data set`,
    );
  if (precisionBits > Math.min(image.BitsAllocated, 16))
    throw new Error(`its samples of ${precisionBits} bits do not fit ${image.BitsAllocated} allocated ones`);
}

/** The decoder writes the low byte alone of every sample of more in colours. */
function requireSamplesOfOneByte({ SamplesPerPixel, precisionBits }: StreamHeader): void {
  if (SamplesPerPixel === 1 || precisionBits <= 8) return;
  throw new LedgerError(
    'not-acceptable',
    `Colours of ${precisionBits} bits in JPEG 2000 cannot be decoded here; get the frame as it is stored.`,
  );
}

function withByteCount(frame: NativeFrame): NativeFrame {
  const expected = (frame.Rows * frame.Columns * frame.SamplesPerPixel * frame.BitsAllocated) / 8;
  if (frame.bytes.length !== expected) throw new Error(`it gives ${frame.bytes.length} bytes instead of ${expected}`);
  return frame;
}
