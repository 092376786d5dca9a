import { LedgerError } from '../../base/errors.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { publicVr, tagText } from '../data-set/dictionary.js';
import { elementHeader, ITEM, itemHeader } from '../data-set/element-header.js';
import { explicitLittleEndian, isKnownVr, unitBytes } from '../data-set/encoding.js';
import { encodeNumbers, NUMBER_VRS } from './encode-numbers.js';

/** The bytes that a BulkDataURI stands for. Throws `bad-request` where there are none. */
export type BulkOf = (uri: string) => Buffer;

/** As the DICOM JSON Model of real objects; deeper ones are made to be deep. */
const MAX_DEPTH = 32;
const SPECIFIC_CHARACTER_SET = 0x00080005;
const PIXEL_DATA = 0x7fe00010;
/** One value, in which a backslash is a character like any other (PS3.5 §6.2). */
const ONE_VALUE = new Set(['LT', 'ST', 'UT', 'UR']);
const TEXTS = new Set(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT', 'SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT']);

/**
 * A data set of the DICOM JSON Model (PS3.18 §F.2) in Explicit VR Little Endian, tags ascending, text in UTF-8, sequences and items of
 * defined length: the same for the same content, whatever its order. Left out are File Meta, group lengths, and Pixel Data, which is not
 * of the root's own making. Throws `bad-request` for what is no such data set, without the value, which may be a patient's.
 */
export function encodeElements(dataSet: DicomJson, bulkOf: BulkOf, depth = 0): { tag: number; bytes: Buffer[] }[] {
  if (depth > MAX_DEPTH) throw fault(`Sequences are nested more than ${MAX_DEPTH} deep`);
  const tags = Object.keys(dataSet).map((key) => {
    if (!/^[0-9A-Fa-f]{8}$/.test(key)) throw fault('A key of a data set is no tag of eight hex digits');
    return { key, tag: parseInt(key, 16) };
  });
  return tags
    .sort((a, b) => a.tag - b.tag)
    .filter(({ tag }) => tag >= 0x00080000 && tag % 0x10000 !== 0 && !(depth === 0 && tag === PIXEL_DATA))
    .map(({ key, tag }) => ({ tag, bytes: encodeElement(tag, dataSet[key], { bulkOf, depth }) }));
}

interface Place {
  bulkOf: BulkOf;
  depth: number;
}

function encodeElement(tag: number, element: unknown, place: Place): Buffer[] {
  if (!isRecord(element)) throw fault(`${tagText(tag)} is no element`);
  const { vr: given, Value, InlineBinary, BulkDataURI } = element as unknown as JsonElement;
  const vr = typeof given === 'string' && isKnownVr(given) ? given : vrOf(tag);
  const value = (): Buffer[] => {
    if (tag === SPECIFIC_CHARACTER_SET) return [padded(Buffer.from('ISO_IR 192'), ' ')];
    if (BulkDataURI !== undefined) return [padded(place.bulkOf(String(BulkDataURI)), fillOf(vr))];
    if (InlineBinary !== undefined) return [padded(inlineBinary(tag, InlineBinary), fillOf(vr))];
    if (Value === undefined) return [];
    if (!Array.isArray(Value)) throw fault(`The Value of ${tagText(tag)} is no array`);
    return encodeValues(tag, { vr, values: Value }, place);
  };
  const bytes = value();
  const byteCount = bytes.reduce((sum, { length }) => sum + length, 0);
  return [elementHeader(explicitLittleEndian, { tag, vr, byteCount }), ...bytes];
}

function encodeValues(tag: number, { vr, values }: { vr: string; values: unknown[] }, place: Place): Buffer[] {
  if (vr === 'SQ') return values.flatMap((item) => encodeItem(tag, item, place));
  if (values.length === 0) return [];
  if (vr === 'PN') return [padded(Buffer.from(values.map((name) => personName(tag, name)).join('\\')), ' ')];
  if (NUMBER_VRS.has(vr)) return [encodeNumbers(vr, values, () => fault(`A value of ${tagText(tag)} is no ${vr}`))];
  if (!TEXTS.has(vr)) throw fault(`${tagText(tag)} of VR ${vr} has a Value; it needs InlineBinary or BulkDataURI`);
  const texts = values.map((value) => textOf(tag, value));
  if (!ONE_VALUE.has(vr) && texts.some((text) => text.includes('\\')))
    throw fault(`A value of ${tagText(tag)} has a backslash, which stands between values`);
  return [padded(Buffer.from(texts.join('\\')), vr === 'UI' ? '\0' : ' ')];
}

function encodeItem(tag: number, item: unknown, { bulkOf, depth }: Place): Buffer[] {
  if (item !== null && !isRecord(item)) throw fault(`An item of ${tagText(tag)} is no data set`);
  const elements = encodeElements((item ?? {}) as DicomJson, bulkOf, depth + 1);
  // All text is UTF-8: an item has no character set of its own.
  const bytes = elements.filter((one) => one.tag !== SPECIFIC_CHARACTER_SET).flatMap((one) => one.bytes);
  const byteCount = bytes.reduce((sum, { length }) => sum + length, 0);
  return [itemHeader(explicitLittleEndian, ITEM, byteCount), ...bytes];
}

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;

function personName(tag: number, value: unknown): string {
  if (value === null || typeof value === 'string') return textOf(tag, value);
  if (!isRecord(value)) throw fault(`A name of ${tagText(tag)} is no object with Alphabetic, Ideographic or Phonetic`);
  const groups = GROUPS.map((group) => textOf(tag, value[group] ?? null));
  if (groups.some((group) => /[\\=]/.test(group))) throw fault(`A name of ${tagText(tag)} has a backslash or "="`);
  return groups.join('=').replace(/=+$/, '');
}

function textOf(tag: number, value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw fault(`A value of ${tagText(tag)} is neither text nor number`);
}

function inlineBinary(tag: number, text: unknown): Buffer {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text))
    throw fault(`The InlineBinary of ${tagText(tag)} is no base64`);
  return Buffer.from(text, 'base64');
}

/** US or SS, and OB or OW, cannot be told without the object: what JSON does not say is UN. */
function vrOf(tag: number): string {
  const vr = publicVr(tag);
  return vr !== undefined && isKnownVr(vr) ? vr : 'UN';
}

const fillOf = (vr: string): ' ' | '\0' => (TEXTS.has(vr) && unitBytes(vr) === 1 && vr !== 'UI' ? ' ' : '\0');

function padded(bytes: Buffer, fill: ' ' | '\0'): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(fill)]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(what: string): LedgerError {
  return new LedgerError('bad-request', `${what} (PS3.18 §F.2); correct the metadata and send it again.`);
}
