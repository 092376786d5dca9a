import sharp from 'sharp';
import { encodeFrame } from '../../../src/dicom/codec/encode-frame.js';
import { TRANSFER_SYNTAX } from './transfer-syntax.js';
import { item } from '../../item.js';
import { part10Head } from '../../part10-head.js';
import { uidOf } from './template.js';

const UID_LENGTH = 40;
let made = 0;

/** A gray image of 16 bits with the noise of a scanner, of which a coder makes about a third. */
function samplesOf(size: number): Uint16Array {
  const samples = new Uint16Array(size * size);
  let noise = 12_345;
  for (let i = 0; i < samples.length; i++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    const [x, y] = [(i % size) / size - 0.5, i / size ** 2 - 0.5];
    samples[i] = 1_000 + 900 * Math.cos(7 * (x * x + y * y)) + ((noise >>> 16) & 31);
  }
  return samples;
}

const headOf = (size: number, jpeg?: string): Buffer => {
  const uid = (): string => uidOf(UID_LENGTH, 9_000_000 + ++made);
  return part10Head({
    ...{ study: uid(), series: uid(), instance: uid(), rows: size, columns: size, number: 1 },
    ...(jpeg !== undefined && { jpeg }),
  });
};

/** A made slice without compression. */
export function madeSlice(size: number): Buffer {
  return Buffer.concat([headOf(size), Buffer.from(samplesOf(size).buffer)]);
}

/** A made image of 512 × 512 pixels of 8 bits, JPEG 2000 or JPEG-LS, without loss. */
export async function madeEncapsulated(transferSyntaxUID: string): Promise<Buffer> {
  const size = 512;
  const pixels = Buffer.from(Uint8Array.from(samplesOf(size), (sample) => sample >> 3));
  const { bytes } = await encodeFrame(
    {
      ...{ Rows: size, Columns: size, SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2' },
      ...{ BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0, bytes: pixels },
    },
    transferSyntaxUID,
  );
  return encapsulated(headOf(size, transferSyntaxUID), bytes);
}

/** A made gray JPEG of noise, 0.7 MB. */
export function madeJpeg(): Promise<Buffer> {
  const [size, samples] = [1_200, samplesOf(1_200)];
  return sharp(Buffer.from(samples.buffer.slice(0, size * size)), { raw: { width: size, height: size, channels: 1 } })
    .toColourspace('b-w')
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** A gray JPEG as a DICOM object of its own study. */
export async function wrapJpeg(jpeg: Buffer): Promise<Buffer> {
  const { width = 0, height = 0 } = await sharp(jpeg).metadata();
  const uid = (): string => uidOf(UID_LENGTH, 9_000_000 + ++made);
  const head = part10Head({
    ...{ study: uid(), series: uid(), instance: uid(), rows: height, columns: width, number: 1 },
    jpeg: TRANSFER_SYNTAX.jpegBaseline,
  });
  return encapsulated(head, jpeg);
}

/** One fragment with an empty Basic Offset Table (PS3.5 §A.4). */
function encapsulated(head: Buffer, bytes: Uint8Array): Buffer {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  return Buffer.concat([head, item(0xe000, new Uint8Array()), item(0xe000, even), item(0xe0dd, new Uint8Array())]);
}
