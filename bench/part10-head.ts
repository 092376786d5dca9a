const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7.3';
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** The UIDs of an instance. */
export interface InstanceUids {
  study: string;
  series: string;
  instance: string;
}

export interface Part10HeadOptions extends InstanceUids {
  rows: number;
  columns: number;
  /** 1 unless given. */
  frameCount?: number;
  /** Instance Number; none unless given. */
  number?: number;
  /** UID of a transfer syntax of encapsulated frames. */
  jpeg?: string;
}

/**
 * A hand-written Part 10 file (PS3.10 §7.1) up to the first byte of gray pixels, in Explicit VR Little Endian; 16-bit pixels,
 * rows × columns × 2 × frameCount bytes, have to follow. With `jpeg`, 8-bit ones in items of Pixel Data of undefined length.
 */
export function part10Head(options: Part10HeadOptions): Buffer {
  const { study, series, instance, rows, columns, frameCount = 1, number, jpeg } = options;
  const bits = jpeg ? 8 : 16;
  const meta = Buffer.concat([
    element(0x00020001, 'OB', Buffer.from([0, 1])),
    element(0x00020002, 'UI', ui(SECONDARY_CAPTURE)),
    element(0x00020003, 'UI', ui(instance)),
    element(0x00020010, 'UI', ui(jpeg ?? EXPLICIT_LITTLE_ENDIAN)),
    element(0x00020012, 'UI', ui('2.25.1')),
  ]);
  const metaLength = Buffer.alloc(4);
  metaLength.writeUInt32LE(meta.length);
  const pixels = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, jpeg ? 0x42 : 0x57, 0, 0, 0, 0, 0, 0]);
  pixels.writeUInt32LE(jpeg ? 0xffffffff : rows * columns * 2 * frameCount, 8);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', metaLength),
    meta,
    element(0x00080016, 'UI', ui(SECONDARY_CAPTURE)),
    element(0x00080018, 'UI', ui(instance)),
    element(0x00080060, 'CS', text('OT')),
    element(0x00100020, 'LO', text('BENCH')),
    element(0x0020000d, 'UI', ui(study)),
    element(0x0020000e, 'UI', ui(series)),
    ...(number === undefined ? [] : [element(0x00200013, 'IS', text(String(number)))]),
    element(0x00280002, 'US', us(1)),
    element(0x00280004, 'CS', text('MONOCHROME2')),
    element(0x00280008, 'IS', text(String(frameCount))),
    element(0x00280010, 'US', us(rows)),
    element(0x00280011, 'US', us(columns)),
    element(0x00280100, 'US', us(bits)),
    element(0x00280101, 'US', us(bits)),
    element(0x00280102, 'US', us(bits - 1)),
    element(0x00280103, 'US', us(0)),
    pixels,
  ]);
}

function element(tag: number, vr: string, value: Buffer): Buffer {
  const isLong = vr === 'OB' || vr === 'OW';
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4);
  if (isLong) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

const text = (value: string): Buffer => Buffer.from(value.length % 2 ? `${value} ` : value);
const ui = (value: string): Buffer => Buffer.from(value.length % 2 ? `${value}\0` : value);
const us = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
