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
  const named = terms.join('\\');
  if (alias === undefined && named !== '' && named !== 'ISO_IR 6')
    for (const candidate of [named, `${named}\\ISO 2022 IR 6`, `\\${named.replaceAll('ISO_IR', 'ISO 2022 IR')}`]) {
      const text = tryConvert(candidate, bytes, vr);
      if (text !== undefined) return text;
    }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
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
