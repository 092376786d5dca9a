import { deflateRawSync } from 'node:zlib';

/** Text in UTF-8, bytes as they are, numbers of the VR's own size, fragments of encapsulated pixels, or items of a sequence. */
type Value = string | Buffer | readonly number[] | readonly Buffer[] | readonly Elements[];
/** Tag, VR and value, by ascending tag. */
export type Element = readonly [tag: number, vr: string, value: Value];
export type Elements = readonly Element[];

const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT']);
const NUMBER_BYTES: Record<string, number> = { US: 2, SS: 2, UL: 4, SL: 4 };

export const EXPLICIT = '1.2.840.10008.1.2.1';
export const IMPLICIT = '1.2.840.10008.1.2';
export const DEFLATED = '1.2.840.10008.1.2.1.99';

/** The data set in little endian (PS3.5 §7). */
function writeDataSet(elements: Elements, isExplicit: boolean): Buffer {
  return Buffer.concat([...elements].sort(([a], [b]) => a - b).map((element) => writeElement(element, isExplicit)));
}

/** A Part 10 file (PS3.10 §7.1) of the transfer syntax, whose data set is in explicit VR but for Implicit VR Little Endian. */
export function writeFile(elements: Elements, TransferSyntaxUID: string): Buffer {
  const valueOf = (tag: number): string => String(elements.find(([own]) => own === tag)?.[2] ?? '');
  const meta = writeDataSet(
    [
      [0x00020001, 'OB', Buffer.from([0, 1])],
      [0x00020002, 'UI', valueOf(0x00080016)],
      [0x00020003, 'UI', valueOf(0x00080018)],
      [0x00020010, 'UI', TransferSyntaxUID],
      [0x00020012, 'UI', '2.25.190146791043182537444806132342625375407'],
    ],
    true,
  );
  const length = writeDataSet([[0x00020000, 'UL', [meta.length]]], true);
  const dataSet = writeDataSet(elements, TransferSyntaxUID !== IMPLICIT);
  const written = TransferSyntaxUID === DEFLATED ? deflateRawSync(dataSet) : dataSet;
  const isOdd = written.length % 2 === 1;
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, written, Buffer.alloc(isOdd ? 1 : 0)]);
}

function writeElement([tag, vr, value]: Element, isExplicit: boolean): Buffer {
  const isEncapsulated = vr === 'OB' && Array.isArray(value);
  const bytes = isEncapsulated ? fragmentsOf(value as readonly Buffer[]) : bytesOf(value, vr, isExplicit);
  const length = isEncapsulated ? 0xffffffff : bytes.length;
  const header = Buffer.alloc(isExplicit && LONG.has(vr) ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  if (!isExplicit) header.writeUInt32LE(length, 4);
  else {
    header.write(vr, 4, 'latin1');
    if (LONG.has(vr)) header.writeUInt32LE(length, 8);
    else header.writeUInt16LE(length, 6);
  }
  return Buffer.concat([header, bytes]);
}

function bytesOf(value: Value, vr: string, isExplicit: boolean): Buffer {
  if (vr === 'SQ') {
    return Buffer.concat(
      (value as readonly Elements[]).flatMap((item) => {
        const bytes = writeDataSet(item, isExplicit);
        return [itemHeader(0xe000, bytes.length), bytes];
      }),
    );
  }
  if (Array.isArray(value)) {
    const size = NUMBER_BYTES[vr] ?? 2;
    const bytes = Buffer.alloc(size * value.length);
    for (const [index, one] of (value as number[]).entries()) bytes.writeUIntLE(one, index * size, size);
    return bytes;
  }
  const bytes = typeof value === 'string' ? Buffer.from(value) : (value as Buffer);
  const padding = vr === 'UI' || vr.startsWith('O') || vr === 'UN' ? 0 : 0x20;
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([padding])]);
}

/** Fragments of encapsulated Pixel Data after an empty Basic Offset Table (PS3.5 §A.4). */
function fragmentsOf(fragments: readonly Buffer[]): Buffer {
  const padded = fragments.map((one) => (one.length % 2 === 0 ? one : Buffer.concat([one, Buffer.alloc(1)])));
  const items = padded.flatMap((one) => [itemHeader(0xe000, one.length), one]);
  return Buffer.concat([itemHeader(0xe000, 0), ...items, itemHeader(0xe0dd, 0)]);
}

function itemHeader(element: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0xfffe, 0);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(length, 4);
  return header;
}
