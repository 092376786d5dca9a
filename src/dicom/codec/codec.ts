import type { ImagePixel, NativeFrame } from './native-frame.js';

/** What a codestream says of itself, read without decoding it. */
export interface StreamHeader {
  Rows: number;
  Columns: number;
  SamplesPerPixel: number;
  precisionBits: number;
  isSigned: boolean;
}

/** One compressed frame whose header has been read. */
export interface Codestream {
  /** Undefined for RLE, which says nothing of itself. */
  header: StreamHeader | undefined;
  /**
   * Takes the memory and the time that the frame needs. YCbCr of a lossy JPEG becomes RGB, unless `keepsYbr` and the data set says that
   * it is YBR. Rejects with an Error that says what is wrong.
   */
  decode(options?: { keepsYbr?: boolean }): Promise<NativeFrame>;
}

/** Reads and writes the frames of one family of transfer syntaxes. */
export interface Codec {
  /** `image` is what the data set says of the frame. Throws an Error that says what is wrong with the stream's header. */
  read(stream: Buffer, image: ImagePixel): Codestream;
  /** Whether such frames, of 8, 16 or 32 bits allocated, can be written, without loss unless `isLossy`. */
  canEncode(image: Pick<ImagePixel, 'BitsAllocated' | 'SamplesPerPixel'>, isLossy: boolean): boolean;
  /** The frame, without loss unless `isLossy`, with the Photometric Interpretation that it has in the codestream. */
  encode(frame: NativeFrame, isLossy: boolean): Promise<NativeFrame>;
}
