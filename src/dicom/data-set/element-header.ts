import { explicitLittleEndian, hasLongLength, type Encoding } from './encoding.js';

const UNDEFINED_LENGTH = 0xffffffff;
export const ITEM = 0xfffee000;
export const ITEM_END = 0xfffee00d;
export const SEQUENCE_END = 0xfffee0dd;

/**
 * Tag, VR and length of an element (PS3.5 §7.1.2). In explicit encodings UN is written for a missing VR, and for a VR
 * with 16 bits of length when the value is longer than they can say (PS3.5 §6.2.2 Note 5). Without `byteCount` the
 * length is the undefined one.
 */
export function elementHeader(
  encoding: Encoding,
  { tag, vr, byteCount }: { tag: number; vr: string | undefined; byteCount: number | undefined },
): Buffer {
  const length = byteCount ?? UNDEFINED_LENGTH;
  if (!encoding.explicit) return tagAndLength(encoding, tag, length);
  const isTooLong = vr !== undefined && !hasLongLength(vr) && length > 0xffff;
  const written = vr === undefined || isTooLong ? 'UN' : vr;
  const long = hasLongLength(written);
  const header = Buffer.allocUnsafe(long ? 12 : 8);
  writeTag(header, encoding, tag);
  header.write(written, 4, 2, 'latin1');
  if (long) {
    header.writeUInt16LE(0, 6);
    writeUint32(header, encoding, length, 8);
  } else if (encoding.bigEndian) header.writeUInt16BE(length, 6);
  else header.writeUInt16LE(length, 6);
  return header;
}

/** A whole element with a short text in Explicit VR Little Endian, padded with `pad` to an even length. */
export function textElement(tag: number, { vr, text, pad = ' ' }: { vr: string; text: string; pad?: string }): Buffer {
  return element(tag, vr, Buffer.from(text.length % 2 === 0 ? text : text + pad, 'latin1'));
}

/** A whole element of VR US in Explicit VR Little Endian. */
export function shortElement(tag: number, number: number): Buffer {
  const value = Buffer.alloc(2);
  value.writeUInt16LE(number, 0);
  return element(tag, 'US', value);
}

function element(tag: number, vr: string, value: Buffer): Buffer {
  return Buffer.concat([elementHeader(explicitLittleEndian, { tag, vr, byteCount: value.length }), value]);
}

/**
 * Tag and length of an item or delimiter, which have no VR in any encoding (PS3.5 §7.5). Without `byteCount` the length
 * is the undefined one.
 */
export function itemHeader(encoding: Encoding, tag: number, byteCount: number | undefined): Buffer {
  return tagAndLength(encoding, tag, byteCount ?? UNDEFINED_LENGTH);
}

function tagAndLength(encoding: Encoding, tag: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(8);
  writeTag(header, encoding, tag);
  writeUint32(header, encoding, length, 4);
  return header;
}

function writeTag(header: Buffer, { bigEndian }: Encoding, tag: number): void {
  const group = Math.floor(tag / 0x10000);
  if (bigEndian) {
    header.writeUInt16BE(group, 0);
    header.writeUInt16BE(tag % 0x10000, 2);
  } else {
    header.writeUInt16LE(group, 0);
    header.writeUInt16LE(tag % 0x10000, 2);
  }
}

function writeUint32(header: Buffer, { bigEndian }: Encoding, value: number, at: number): void {
  if (bigEndian) header.writeUInt32BE(value, at);
  else header.writeUInt32LE(value, at);
}
