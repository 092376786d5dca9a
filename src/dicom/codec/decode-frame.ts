import { LedgerError } from '../../base/errors.js';
import { traitsOf } from '../../standard/transfer-syntaxes.js';
import { asBuffer } from '../data-set/as-buffer.js';
import type { StreamHeader } from './codec.js';
import { CODECS } from './codecs.js';
import { MAX_PIXELS, type ImagePixel, type NativeFrame } from './native-frame.js';

/**
 * Decodes one compressed frame. For worker threads only: it blocks, and hostile bytes can keep it from ever ending.
 * Of a lossy JPEG in YCbCr it gives RGB, unless `keepsYbr` and the data set says YBR. Bits and sign are those of the data set, except where a JPEG 2000 stream states others: then the stream is right.
 * Throws `corrupt` with what is wrong, before memory is taken for a stream whose dimensions are not those of the data
 * set, and `not-acceptable` for a transfer syntax that is not in `DECODABLE` and for JPEG 2000 in colours of more than
 * 8 bits.
 */
export async function decodeFrame(
  bytes: Uint8Array,
  { transferSyntaxUID, keepsYbr, ...image }: ImagePixel & { transferSyntaxUID: string; keepsYbr?: boolean },
): Promise<NativeFrame> {
  const { codec } = traitsOf(transferSyntaxUID);
  if (codec === undefined)
    throw new LedgerError('not-acceptable', `Frames in transfer syntax ${transferSyntaxUID} cannot be decoded here.`);
  try {
    requireLayout(image);
    const codestream = CODECS[codec].read(asBuffer(bytes), imagePixel(image));
    if (codestream.header) requireAgreement(codestream.header, image);
    return withByteCount(await codestream.decode({ ...(keepsYbr && { keepsYbr }) }));
  } catch (cause) {
    if (cause instanceof LedgerError && cause.code !== 'corrupt') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('corrupt', `The frame (${transferSyntaxUID}) cannot be decoded: ${reason}.`, { cause });
  }
}

/** Without what else a caller's description has. */
function imagePixel(image: ImagePixel): ImagePixel {
  const { Rows, Columns, SamplesPerPixel, BitsAllocated, BitsStored, HighBit, PixelRepresentation } = image;
  const { PhotometricInterpretation } = image;
  return {
    Rows,
    Columns,
    SamplesPerPixel,
    BitsAllocated,
    BitsStored,
    HighBit,
    PixelRepresentation,
    PhotometricInterpretation,
  };
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

function withByteCount(frame: NativeFrame): NativeFrame {
  const expected = (frame.Rows * frame.Columns * frame.SamplesPerPixel * frame.BitsAllocated) / 8;
  if (frame.bytes.length !== expected) throw new Error(`it gives ${frame.bytes.length} bytes instead of ${expected}`);
  return frame;
}
