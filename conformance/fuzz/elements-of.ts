import { trimEnd } from '../../src/dicom/data-set/trim-end.js';

const ITEM = 0xfffee000;
const LONG_VRS = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const MAX_ELEMENTS = 3000;

/** Where one element, item, fragment or delimiter stands in a file. */
export interface ElementAt {
  tag: number;
  vr: string | undefined;
  at: number;
  lengthAt: number;
  lengthBytes: 2 | 4;
  valueAt: number;
  /** 0 where the value is made of elements, which come after this one. */
  valueBytes: number;
  isBig: boolean;
}

/**
 * Where the elements, items, fragments and delimiters of a Part 10 file stand, one after the other with what is inside of
 * sequences, as far as the bytes can be followed. Knows nothing of the program under test.
 */
export function elementsOf(bytes: Buffer): ElementAt[] {
  const elements: ElementAt[] = [];
  let syntax = '';
  let isInPixels = false;
  for (let at = 132; at + 8 <= bytes.length && elements.length < MAX_ELEMENTS;) {
    const isMeta = bytes.readUInt16LE(at) === 2;
    const isBig = !isMeta && syntax === '1.2.840.10008.1.2.2';
    const isExplicit = isMeta || syntax !== '1.2.840.10008.1.2';
    const uint16 = (from: number): number => (isBig ? bytes.readUInt16BE(from) : bytes.readUInt16LE(from));
    const uint32 = (from: number): number => (isBig ? bytes.readUInt32BE(from) : bytes.readUInt32LE(from));
    const tag = uint16(at) * 0x10000 + uint16(at + 2);
    const isDelimiter = tag >= ITEM && tag <= ITEM + 0xff;
    const vr = isExplicit && !isDelimiter ? bytes.toString('latin1', at + 4, at + 6) : undefined;
    const isLong = vr !== undefined && LONG_VRS.has(vr);
    if (isLong && at + 12 > bytes.length) break;
    const lengthBytes = vr === undefined || isLong ? 4 : 2;
    const lengthAt = vr === undefined ? at + 4 : isLong ? at + 8 : at + 6;
    const length = lengthBytes === 4 ? uint32(lengthAt) : uint16(lengthAt);
    const valueAt = lengthAt + lengthBytes;
    if (tag === 0x7fe00010) isInPixels = length === 0xffffffff;
    const holdsElements = vr === 'SQ' || length === 0xffffffff || (tag === ITEM && !isInPixels);
    const valueBytes = holdsElements ? 0 : Math.min(length, bytes.length - valueAt);
    elements.push({ tag, vr, at, lengthAt, lengthBytes, valueAt, valueBytes, isBig });
    if (tag === 0x00020010) syntax = trimEnd(bytes.toString('latin1', valueAt, valueAt + valueBytes), '\0');
    at = valueAt + valueBytes;
  }
  return elements;
}
