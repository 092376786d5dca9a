import { convertBytes } from 'dicom-character-set';
import { elementOf, type DataSet } from './data-set.js';
import { trimEnd } from './trim-end.js';

/**
 * Character sets that TextDecoder decodes, by the terms found in files: misspelt ones, those that the conversion
 * library does not know, and UTF-8, whose byte order mark that library drops.
 */
const ALIASES: Readonly<Record<string, string>> = {
  'ISO_IR 203': 'iso-8859-15',
  'ISO 2022 IR 203': 'iso-8859-15',
  LATIN1: 'windows-1252',
  'ISO-8859-1': 'windows-1252',
  ISO_8859_1: 'windows-1252',
  UTF8: 'utf-8',
  'UTF-8': 'utf-8',
  ISO_IR_192: 'utf-8',
  'ISO IR 192': 'utf-8',
  'ISO_IR 192': 'utf-8',
};

/** Specific Character Set (0008,0005) of the data set or of the nearest one around it that has it (PS3.3 §C.12.1.1.2). */
export function characterSetOf(dataSet: DataSet): string {
  for (let level: DataSet | undefined = dataSet; level; level = level.parent) {
    const element = elementOf(level, 0x00080005);
    if (element && element.value.length > 0) return trimEnd(element.value.toString('latin1'));
  }
  return '';
}

/**
 * Text of VR SH, LO, ST, LT, PN, UC or UT. Never throws: bytes that are not text of the character set are read as
 * UTF-8 if they are UTF-8, else as ISO 8859-1.
 */
export function decodeText(bytes: Buffer, { characterSet, vr }: { characterSet: string; vr: string }): string {
  if (bytes.every((byte) => byte < 0x80 && byte !== 0x1b)) return bytes.toString('latin1');
  const terms = characterSet.split('\\').map((term) => term.trim());
  const alias = ALIASES[terms[0]!.toUpperCase()];
  const aliased = alias === undefined ? undefined : new TextDecoder(alias, { ignoreBOM: true }).decode(bytes);
  if (aliased !== undefined && isText(aliased)) return aliased;
  const meant = alias === undefined ? meantText(terms, bytes) : undefined;
  if (meant !== undefined) return meant;
  const named = startingWithAscii(terms).join('\\');
  if (alias === undefined && named !== '' && named !== 'ISO_IR 6')
    for (const candidate of [named, `${named}\\ISO 2022 IR 6`, `\\${named.replaceAll('ISO_IR', 'ISO 2022 IR')}`]) {
      const text = tryConvert(candidate, bytes, vr);
      if (text !== undefined) return text;
    }
  return decodeFatal('utf-8', bytes) ?? bytes.toString('latin1');
}

const ASCII_TERMS = ['', 'ISO_IR 6', 'ISO 2022 IR 6'];
const JAPANESE_TERMS = ['ISO_IR 13', 'ISO 2022 IR 13', 'ISO 2022 IR 87', 'ISO 2022 IR 159'];
/** Sets of two bytes above 127 a character: the escape that names them (PS3.3 §C.12.1.1.2) says nothing where no other set can be meant. */
const PAIRED_SETS = [
  { terms: ['ISO_IR 58', 'ISO 2022 IR 58'], escape: '\x1b$)A', encoding: 'gbk' },
  { terms: ['ISO_IR 149', 'ISO 2022 IR 149'], escape: '\x1b$)C', encoding: 'euc-kr' },
] as const;

/** What is written against the standard and yet can mean one thing only: escapes left out, and Shift-JIS. Else undefined. */
function meantText(terms: readonly string[], bytes: Buffer): string | undefined {
  const named = terms.filter((term) => !ASCII_TERMS.includes(term));
  const areAll = (known: readonly string[]): boolean => named.length > 0 && named.every((term) => known.includes(term));
  const paired = PAIRED_SETS.find((set) => areAll(set.terms));
  const text = bytes.toString('latin1');
  if (paired) {
    const unescaped = text.replaceAll(paired.escape, '');
    const isPaired = /^([\x00-\x1a\x1c-\x7f]|[\xa1-\xfe]{2})*$/.test(unescaped);
    return isPaired ? new TextDecoder(paired.encoding).decode(Buffer.from(unescaped, 'latin1')) : undefined;
  }
  // JIS X 0201 has nothing but half-width katakana above 127.
  if (!areAll(JAPANESE_TERMS) || !/[\x80-\xa0\xe0-\xff]/.test(text) || text.includes('\x1b')) return undefined;
  return decodeFatal('utf-8', bytes) ?? decodeFatal('shift_jis', bytes);
}

/** A set of two bytes a character can be in force by an escape alone: text begins in ASCII, and returns to it. */
function startingWithAscii(terms: readonly string[]): readonly string[] {
  return /^ISO 2022 IR (58|87|149|159)$/.test(terms[0]!) ? ['', ...terms] : terms;
}

function decodeFatal(encoding: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tryConvert(characterSet: string, bytes: Buffer, vr: string): string | undefined {
  try {
    const text = convertBytes(characterSet, bytes, { vr });
    return isText(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * False when decoding gave replacement characters and otherwise nothing but ASCII: then the bytes are of another
 * character set, and not merely cut short.
 */
function isText(text: string): boolean {
  return !text.includes('\ufffd') || /[^\x00-\x7f\ufffd]/.test(text);
}
