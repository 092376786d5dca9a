import { deflateRawSync } from 'node:zlib';
import { tagHex } from '../data-set/dictionary.js';

/** For tests: DICOM files written byte by byte, independently of what reads and writes them in earnest. */
export type Spelling = 'implicit' | 'explicit' | 'big';

export interface HandMade {
  tag: number;
  vr: string;
  value: Buffer | HandMade[][];
  /** Of sequences; default undefined length. */
  defined?: boolean;
}

const wide = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'];

export function text(tag: number, vr: string, value: string | Buffer): HandMade {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'utf8');
  return {
    tag,
    vr,
    value: bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]),
  };
}

/** 16-bit numbers. */
export function words(tag: number, vr: string, ...values: number[]): HandMade {
  return { tag, vr, value: Buffer.from(Uint16Array.from(values).buffer) };
}

export function sequence(tag: number, items: HandMade[][], defined = false): HandMade {
  return { tag, vr: 'SQ', value: items, defined };
}

/** The bytes of a data set. Values are given in little endian and turned for `big`. */
export function spell(elements: readonly HandMade[], spelling: Spelling): Buffer {
  const big = spelling === 'big';
  return Buffer.concat(
    elements.flatMap(({ tag, vr, value, defined }) => {
      if (!Array.isArray(value)) return [start(tag, vr, value.length, spelling), big ? turned(value, vr) : value];
      const items = value.map((item) => spell(item, spelling));
      const inner = items.flatMap((item) =>
        defined
          ? [itemStart(0xe000, item.length, big), item]
          : [itemStart(0xe000, 0xffffffff, big), item, itemStart(0xe00d, 0, big)],
      );
      if (!defined) inner.push(itemStart(0xe0dd, 0, big));
      const all = Buffer.concat(inner);
      return [start(tag, vr, defined ? all.length : 0xffffffff, spelling), all];
    }),
  );
}

/** A value in fragments after the header `7FE00010 OB`. */
export function encapsulated(fragments: readonly Buffer[], offsetTable: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([
    start(0x7fe00010, 'OB', 0xffffffff, 'explicit'),
    ...[offsetTable, ...fragments].flatMap((bytes) => [itemStart(0xe000, bytes.length, false), bytes]),
    itemStart(0xe0dd, 0, false),
  ]);
}

export function offsets(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}

const syntaxes: Record<Spelling | 'deflated', string> = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  big: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
};

/** A Part 10 file around the bytes of a data set, or around elements. */
export function part10(
  dataSet: Buffer | readonly HandMade[],
  {
    spelling = 'explicit',
    transferSyntaxUID,
    mediaStorageUid = '1.2.3.4',
  }: {
    spelling?: Spelling | 'deflated';
    transferSyntaxUID?: string;
    mediaStorageUid?: string;
  } = {},
): Buffer {
  const bytes = Buffer.isBuffer(dataSet) ? dataSet : spell(dataSet, spelling === 'deflated' ? 'explicit' : spelling);
  const meta = spell(
    [
      { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
      text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
      text(0x00020003, 'UI', mediaStorageUid),
      text(0x00020010, 'UI', transferSyntaxUID ?? syntaxes[spelling]),
    ],
    'explicit',
  );
  const length = spell([{ tag: 0x00020000, vr: 'UL', value: offsets(meta.length) }], 'explicit');
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    length,
    meta,
    spelling === 'deflated' ? deflateRawSync(bytes) : bytes,
  ]);
}

/** The four UIDs of an instance, in tag order with what is put between. */
export function object(...more: HandMade[]): HandMade[] {
  return [
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', '1.2.3.4'),
    text(0x0020000d, 'UI', '1.2.3.5'),
    text(0x0020000e, 'UI', '1.2.3.6'),
    ...more,
  ].sort((a, b) => a.tag - b.tag);
}

/** Rows, Columns, Bits Allocated and Number of Frames. */
export function image(rows: number, columns: number, { bits = 8, frames = 1, samples = 1 } = {}): HandMade[] {
  return [
    words(0x00280002, 'US', samples),
    text(0x00280008, 'IS', String(frames)),
    words(0x00280010, 'US', rows),
    words(0x00280011, 'US', columns),
    words(0x00280100, 'US', bits),
    words(0x00280103, 'US', 0),
  ];
}

function start(tag: number, vr: string, length: number, spelling: Spelling): Buffer {
  const long = spelling === 'implicit' || wide.includes(vr);
  const bytes = Buffer.from(
    tagHex(tag).replace(/(..)(..)(..)(..)/, spelling === 'big' ? '$1$2$3$4' : '$2$1$4$3'),
    'hex',
  );
  const size = Buffer.alloc(long ? 4 : 2);
  if (long) size.writeUInt32LE(length);
  else size.writeUInt16LE(length);
  if (spelling === 'big') size.reverse();
  if (spelling === 'implicit') return Buffer.concat([bytes, size]);
  return Buffer.concat([bytes, Buffer.from(vr, 'latin1'), Buffer.alloc(long ? 2 : 0), size]);
}

function itemStart(element: number, length: number, big: boolean): Buffer {
  if (!big) return start(0xfffe0000 + element, '', length, 'implicit');
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(0xfffe, 0);
  bytes.writeUInt16BE(element, 2);
  bytes.writeUInt32BE(length, 4);
  return bytes;
}

function turned(value: Buffer, vr: string): Buffer {
  const copy = Buffer.from(value);
  if (['US', 'SS', 'OW', 'AT'].includes(vr)) return copy.swap16();
  if (['UL', 'SL', 'FL', 'OF', 'OL'].includes(vr)) return copy.swap32();
  if (['FD', 'OD', 'SV', 'UV', 'OV'].includes(vr)) return copy.swap64();
  return copy;
}
