import { encodeFrame } from '../dicom/codec/encode-frame.js';
import type { NativeFrame } from '../dicom/codec/native-frame.js';
import { type Element, type Elements, writeInstance } from './write-instance.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

/** Frames that are alike but for their samples. */
export interface MadePixels {
  Rows: number;
  Columns: number;
  /** Gray, or red, green and blue by pixel. */
  SamplesPerPixel: 1 | 3;
  BitsStored: number;
  /** As native pixels, little endian. */
  frames: readonly Buffer[];
}

const JPEG_BASELINE = TRANSFER_SYNTAXES.JPEGBaseline8Bit.uid;

/** The file of an image in a transfer syntax: Explicit VR Little Endian (undefined), or one that `encodeFrame` writes. */
export async function writeImage(
  elements: Elements,
  { pixels, transferSyntaxUID }: { pixels: MadePixels; transferSyntaxUID?: string },
): Promise<Buffer> {
  const { Rows, Columns, SamplesPerPixel, BitsStored, frames } = pixels;
  const native: Omit<NativeFrame, 'bytes'> = {
    Rows,
    Columns,
    SamplesPerPixel,
    PhotometricInterpretation: SamplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
    BitsAllocated: BitsStored > 8 ? 16 : 8,
    BitsStored,
    HighBit: BitsStored - 1,
    PixelRepresentation: 0,
  };
  const encoded: NativeFrame[] = [];
  for (const bytes of frames)
    encoded.push(
      transferSyntaxUID === undefined
        ? { ...native, bytes }
        : await encodeFrame({ ...native, bytes }, transferSyntaxUID),
    );
  const nativeBytes = frames.reduce((sum, { length }) => sum + length, 0);
  const encodedBytes = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const lossy: Elements =
    transferSyntaxUID === JPEG_BASELINE
      ? [
          [0x00282110, 'CS', '01'],
          [0x00282112, 'DS', (nativeBytes / encodedBytes).toFixed(2)],
          [0x00282114, 'CS', 'ISO_10918_1'],
        ]
      : [[0x00282110, 'CS', '00']];
  const { PhotometricInterpretation } = encoded[0]!;
  return writeInstance([...elements, ...imagePixel({ ...native, PhotometricInterpretation }), ...lossy], {
    transferSyntaxUID: transferSyntaxUID ?? TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid,
    kind: transferSyntaxUID === undefined ? 'native' : 'encapsulated',
    frames: encoded.map(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    BitsAllocated: native.BitsAllocated,
  });
}

/** The Image Pixel Module (PS3.3 §C.7.6.3). */
function imagePixel(frame: Omit<NativeFrame, 'bytes'>): Element[] {
  return [
    [0x00280002, 'US', [frame.SamplesPerPixel]],
    [0x00280004, 'CS', frame.PhotometricInterpretation],
    ...(frame.SamplesPerPixel === 3 ? [[0x00280006, 'US', [0]] as const] : []),
    [0x00280010, 'US', [frame.Rows]],
    [0x00280011, 'US', [frame.Columns]],
    [0x00280100, 'US', [frame.BitsAllocated]],
    [0x00280101, 'US', [frame.BitsStored]],
    [0x00280102, 'US', [frame.HighBit]],
    [0x00280103, 'US', [frame.PixelRepresentation]],
  ];
}
