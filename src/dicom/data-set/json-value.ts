import type { JsonElement } from '../../standard/dicom-json.js';
import { decodeText } from './character-set.js';
import { isTextVr, swapped, unitBytes } from './encoding.js';
import { trimEnd } from './trim-end.js';

const CHARACTER_SET_VRS = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const SINGLE_VRS = new Set(['LT', 'ST', 'UR', 'UT']);
const LEADING_SPACE_MATTERS = new Set(['LT', 'ST', 'UC', 'UR', 'UT']);

interface Field {
  vr: string;
  value: Buffer;
  bigEndian: boolean;
  characterSet: string;
}

/** A value field as the DICOM JSON Model has it (PS3.18 §F.2): Value, InlineBinary, or neither when it is empty. */
export function jsonValue(field: Field): JsonElement {
  const { vr, value } = field;
  if (value.length === 0) return { vr };
  if (isTextVr(vr)) {
    const Value = textValues(field);
    return Value.length === 1 && Value[0] === null ? { vr } : { vr, Value };
  }
  const numbers = READERS[vr];
  if (!numbers || value.length % numbers.width !== 0) return inlineBinary(numbers ? 'UN' : vr, field);
  const little = field.bigEndian ? swapped(value, unitBytes(vr)) : value;
  const Value: unknown[] = [];
  for (let at = 0; at < little.length; at += numbers.width) Value.push(numbers.read(little, at));
  return { vr, Value };
}

/** All bytes in little endian, as one base64 text (PS3.18 §F.2.7). */
function inlineBinary(vr: string, { value, bigEndian }: Field): JsonElement {
  return { vr, InlineBinary: (bigEndian ? swapped(value, unitBytes(vr)) : value).toString('base64') };
}

/** The values of a text VR without their padding; null for an empty one. */
export function textValues({ vr, value, characterSet }: Omit<Field, 'bigEndian'>): unknown[] {
  const text = CHARACTER_SET_VRS.has(vr) ? decodeText(value, { characterSet, vr }) : value.toString('latin1');
  const items = SINGLE_VRS.has(vr) ? [text] : text.split('\\');
  return items.map((item) => {
    const end = trimEnd(item);
    const trimmed = LEADING_SPACE_MATTERS.has(vr) ? end : end.replace(/^ +/, '');
    if (trimmed === '') return null;
    if (vr === 'PN') return personName(trimmed);
    return vr === 'DS' || vr === 'IS' ? exactNumber(trimmed) : trimmed;
  });
}

/**
 * The component groups of a name that are not empty (PS3.18 §F.2.2). A name has at most three; what follows a third `=`
 * all the same stays in the third group.
 */
function personName(text: string): Record<string, string> | null {
  const [alphabetic = '', ideographic = '', ...rest] = text.split('=');
  const groups = [alphabetic, ideographic, rest.join('=')].map((group) => trimEnd(group));
  const name: Record<string, string> = {};
  (['Alphabetic', 'Ideographic', 'Phonetic'] as const).forEach((key, i) => {
    if (groups[i]) name[key] = groups[i];
  });
  return Object.keys(name).length === 0 ? null : name;
}

/** A number when it stands for exactly the same decimal value, else the text as it is (PS3.18 §F.2.3 Note). */
function exactNumber(text: string): number | string {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return text;
  const number = Number(text);
  return Number.isFinite(number) && decimal(String(number)) === decimal(text) ? number : text;
}

/** One spelling for each decimal value: sign, digits without leading and trailing zeros, power of ten. */
function decimal(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE](.+))?$/.exec(text)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = trimEnd(digits, '0');
  if (kept === '') return '0';
  return `${sign === '-' ? '-' : ''}${kept}e${Number(exponent) - fraction.length + (digits.length - kept.length)}`;
}

/** JSON has no word for the others (PS3.18 §F.2.3). */
function finite(number: number): number | string {
  return Number.isFinite(number) ? number : String(number).replace('Infinity', 'inf');
}

function safe(number: bigint): number | string {
  return Number.isSafeInteger(Number(number)) ? Number(number) : String(number);
}

const READERS: Readonly<Record<string, { width: number; read: (bytes: Buffer, at: number) => unknown }>> = {
  AT: {
    width: 4,
    read: (bytes, at) =>
      (bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2)).toString(16).toUpperCase().padStart(8, '0'),
  },
  FD: { width: 8, read: (bytes, at) => finite(bytes.readDoubleLE(at)) },
  FL: { width: 4, read: (bytes, at) => finite(bytes.readFloatLE(at)) },
  SL: { width: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  SS: { width: 2, read: (bytes, at) => bytes.readInt16LE(at) },
  SV: { width: 8, read: (bytes, at) => safe(bytes.readBigInt64LE(at)) },
  UL: { width: 4, read: (bytes, at) => bytes.readUInt32LE(at) },
  US: { width: 2, read: (bytes, at) => bytes.readUInt16LE(at) },
  UV: { width: 8, read: (bytes, at) => safe(bytes.readBigUInt64LE(at)) },
};
