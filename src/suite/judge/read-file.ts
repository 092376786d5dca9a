import { inflateRawSync } from 'node:zlib';
import { Unmet } from '../ask/unmet.js';

/** What a Part 10 file says at its top level. */
export interface ReadFile {
  TransferSyntaxUID: string;
  /** Bytes of each element that has a length, by its tag; those of undefined length are left out. */
  values: ReadonlyMap<number, Buffer>;
  text(tag: number): string;
  /** Fragments of encapsulated Pixel Data, without the Basic Offset Table; undefined where it is native or there is none. */
  fragments?: Buffer[];
}

const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const UNDEFINED = 0xffffffff;
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** Reads a Part 10 file in little endian. Throws `Unmet` for what is none. */
export function readFile(bytes: Buffer): ReadFile {
  if (bytes.toString('latin1', 128, 132) !== 'DICM')
    throw new Unmet('The bytes are no DICOM file: "DICM" does not stand after the first 128.');
  try {
    return readWhole(bytes);
  } catch (error) {
    if (error instanceof Unmet) throw error;
    throw new Unmet('The DICOM file ends within an element, or its lengths are wrong.');
  }
}

function readWhole(bytes: Buffer): ReadFile {
  const values = new Map<number, Buffer>();
  let at = 132;
  while (at < bytes.length && bytes.readUInt16LE(at) === 2) at = readElement(bytes, at, true, values).next;
  const text = (tag: number): string => (values.get(tag)?.toString('utf8') ?? '').replace(/[\0 ]+$/, '');
  const TransferSyntaxUID = text(0x00020010);
  if (TransferSyntaxUID === '')
    throw new Unmet('The DICOM file names no transfer syntax in its File Meta Information.');
  const isDeflated = TransferSyntaxUID === '1.2.840.10008.1.2.1.99';
  const dataSet = isDeflated ? inflateRawSync(bytes.subarray(at), { maxOutputLength: MAX_INFLATED_BYTES }) : bytes;
  const file: ReadFile = { TransferSyntaxUID, values, text };
  if (TransferSyntaxUID === '1.2.840.10008.1.2.2') return file;
  const isExplicit = TransferSyntaxUID !== '1.2.840.10008.1.2';
  at = isDeflated ? 0 : at;
  while (at + 8 <= dataSet.length) {
    const { next, fragments } = readElement(dataSet, at, isExplicit, values);
    if (fragments) file.fragments = fragments;
    at = next;
  }
  return file;
}

function headerAt(bytes: Buffer, at: number, isExplicit: boolean): { tag: number; start: number; length: number } {
  const tag = bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2);
  if (tag >>> 16 === 0xfffe || !isExplicit) return { tag, start: at + 8, length: bytes.readUInt32LE(at + 4) };
  const isLong = LONG.has(bytes.toString('latin1', at + 4, at + 6));
  return {
    tag,
    start: at + (isLong ? 12 : 8),
    length: isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6),
  };
}

function readElement(
  bytes: Buffer,
  at: number,
  isExplicit: boolean,
  values: Map<number, Buffer>,
): { next: number; fragments?: Buffer[] } {
  const { tag, start, length } = headerAt(bytes, at, isExplicit);
  if (length !== UNDEFINED) {
    if (start + length > bytes.length)
      throw new Unmet(`Element ${tag.toString(16).padStart(8, '0')} is longer than the file.`);
    values.set(tag, bytes.subarray(start, start + length));
    return { next: start + length };
  }
  if (tag === 0x7fe00010) {
    const fragments: Buffer[] = [];
    let next = start;
    for (;;) {
      const item = headerAt(bytes, next, isExplicit);
      next = item.start + (item.tag === 0xfffee0dd ? 0 : item.length);
      if (item.tag === 0xfffee0dd) return { next, fragments: fragments.slice(1) };
      fragments.push(bytes.subarray(item.start, next));
    }
  }
  return { next: skipSequence(bytes, start, isExplicit, 0) };
}

/** The position after a sequence of undefined length. */
function skipSequence(bytes: Buffer, from: number, isExplicit: boolean, depth: number): number {
  if (depth > 50) throw new Unmet('Sequences are nested more than 50 deep.');
  let at = from;
  for (;;) {
    const item = headerAt(bytes, at, isExplicit);
    if (item.tag === 0xfffee0dd) return item.start;
    at = item.start;
    if (item.length !== UNDEFINED) at += item.length;
    else {
      for (;;) {
        const own = headerAt(bytes, at, isExplicit);
        if (own.tag === 0xfffee00d) break;
        at = own.length === UNDEFINED ? skipSequence(bytes, own.start, isExplicit, depth + 1) : own.start + own.length;
      }
      at += 8;
    }
  }
}
