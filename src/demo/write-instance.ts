import { encodeNumbers, NUMBER_VRS } from '../dicom/compose/encode-numbers.js';
import { elementHeader, ITEM, itemHeader, SEQUENCE_END } from '../dicom/data-set/element-header.js';
import { explicitLittleEndian } from '../dicom/data-set/encoding.js';
import { writeFileMeta } from '../dicom/transcode/write-file-meta.js';
import { encodeText } from './encode-text.js';
import { TRANSFER_SYNTAXES } from '../standard/transfer-syntaxes.js';

/** Text with backslashes between values, numbers of the VR's own size, bytes as they are, or items of a sequence. */
type Value = string | Buffer | readonly number[] | readonly Elements[];
/** Tag, VR and value. */
export type Element = readonly [tag: number, vr: string, value: Value];
export type Elements = readonly Element[];

/** Pixel Data: one buffer of native samples, or a codestream for each frame. */
export interface PixelBytes {
  transferSyntaxUID: string;
  kind: 'native' | 'encapsulated';
  frames: readonly Buffer[];
  /** 8 or 16; of 1 bit each, 8. */
  BitsAllocated: number;
}

const EXPLICIT_VR_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const CHARACTER_SET = 0x00080005;
const PIXEL_DATA = 0x7fe00010;

/** A Part 10 file (PS3.10 §7.1) in explicit VR little endian, its text in the character set that its elements name; `pixels` come last. */
export function writeInstance(elements: Elements, pixels?: PixelBytes): Buffer {
  const textOf = (tag: number): string => {
    const value = elements.find(([own]) => own === tag)?.[2];
    return typeof value === 'string' ? value : '';
  };
  const meta = writeFileMeta({
    SOPClassUID: textOf(0x00080016),
    SOPInstanceUID: textOf(0x00080018),
    transferSyntaxUID: pixels?.transferSyntaxUID ?? EXPLICIT_VR_LITTLE_ENDIAN,
  });
  const dataSet = writeDataSet(elements, textOf(CHARACTER_SET));
  return Buffer.concat([meta, dataSet, ...(pixels ? writePixels(pixels) : [])]);
}

function writeDataSet(elements: Elements, characterSet: string): Buffer {
  const sorted = [...elements].sort(([a], [b]) => a - b);
  return Buffer.concat(sorted.map((element) => writeElement(element, characterSet)));
}

function writeElement([tag, vr, value]: Element, characterSet: string): Buffer {
  const bytes = padded(bytesOf(vr, value, characterSet), vr);
  return Buffer.concat([elementHeader(explicitLittleEndian, { tag, vr, byteCount: bytes.length }), bytes]);
}

function bytesOf(vr: string, value: Value, characterSet: string): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'string') return encodeText(value, characterSet);
  if (vr === 'SQ')
    return Buffer.concat((value as readonly Elements[]).flatMap((item) => writeItem(item, characterSet)));
  if (!NUMBER_VRS.has(vr)) throw new TypeError(`Numbers are not written as ${vr}.`);
  return encodeNumbers(vr, value, () => new TypeError(`A number is no ${vr}.`));
}

function writeItem(item: Elements, characterSet: string): Buffer[] {
  const bytes = writeDataSet(item, characterSet);
  return [itemHeader(explicitLittleEndian, ITEM, bytes.length), bytes];
}

function writePixels({ kind, frames, BitsAllocated }: PixelBytes): Buffer[] {
  const padding = frames.map((frame) => padded(frame, 'OB'));
  if (kind === 'native') {
    const bytes = padded(Buffer.concat(frames), 'OB');
    const vr = BitsAllocated > 8 ? 'OW' : 'OB';
    return [elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr, byteCount: bytes.length }), bytes];
  }
  return [
    elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr: 'OB', byteCount: undefined }),
    // An empty Basic Offset Table (PS3.5 §A.4).
    itemHeader(explicitLittleEndian, ITEM, 0),
    ...padding.flatMap((frame) => [itemHeader(explicitLittleEndian, ITEM, frame.length), frame]),
    itemHeader(explicitLittleEndian, SEQUENCE_END, 0),
  ];
}

function padded(bytes: Buffer, vr: string): Buffer {
  const fill = vr === 'UI' || vr === 'UN' || vr.startsWith('O') ? 0 : 0x20;
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([fill])]);
}
