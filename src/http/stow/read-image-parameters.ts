import { isDate } from '../../standard/is-date.js';
import { LedgerError } from '../../base/errors.js';
import type { ImageParameters } from '../../archive/archive.js';
import {
  IMAGE_ATTRIBUTE_NAMES,
  IMAGE_ATTRIBUTES,
  type ImageAttribute,
  imageAttributeFault,
} from '../../standard/image-attributes.js';
import { requireUid } from '../message/find-instances.js';

/** What may be said of an uploaded image besides its PatientID. */
export const IMAGE_PARAMETERS = ['StudyInstanceUID', 'acquisition', 'fileName', ...IMAGE_ATTRIBUTE_NAMES] as const;

/** Names of a query or a form that mean nothing for an uploaded image. */
export function unknownImageParameters(names: Iterable<string>): string[] {
  const known = new Set<string>(['PatientID', 'accept', 'charset', ...IMAGE_PARAMETERS]);
  return [...new Set(names)].filter((name) => !known.has(name));
}

/**
 * Reads which patient an uploaded JPG or PNG belongs to and when it was taken. `get` gives a parameter by name, undefined when it was not
 * sent; a parameter that was sent empty counts as not sent. Throws `bad-request`.
 */
export function readImageParameters(
  PatientID: string | undefined,
  get: (name: (typeof IMAGE_PARAMETERS)[number]) => string | undefined,
): ImageParameters {
  const parameters: ImageParameters = { PatientID: requirePatientId(PatientID) };
  const [uid, acquisition, fileName] = [get('StudyInstanceUID'), get('acquisition'), get('fileName')];
  if (uid) parameters.StudyInstanceUID = requireUid(uid);
  if (acquisition) parameters.acquisition = readAcquisition(acquisition);
  if (fileName) parameters.fileName = readFileName(fileName);
  for (const name of IMAGE_ATTRIBUTE_NAMES) {
    const value = get(name)?.trim();
    if (value) parameters[name] = readImageAttribute(name, value);
  }
  return parameters;
}

const SEXES: Partial<Record<string, string>> = { MALE: 'M', FEMALE: 'F', OTHER: 'O' };

/** Codes in upper case, a date without its hyphens. Throws `bad-request` without the value, which may be a name. */
function readImageAttribute(name: ImageAttribute, text: string): string {
  const { vr } = IMAGE_ATTRIBUTES[name];
  const coded =
    vr === 'CS' ? text.toUpperCase() : vr === 'DA' ? text.replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$1$2$3') : text;
  const value = name === 'PatientSex' ? (SEXES[coded] ?? coded) : coded;
  const fault = imageAttributeFault(name, value);
  if (fault !== undefined) throw new LedgerError('bad-request', fault);
  return value;
}

/** PS3.5 §6.2 LO: 1 to 64 characters, no backslash or control character; blanks around it are dropped. Throws `bad-request`. */
export function requirePatientId(text: string | undefined): string {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '')
    throw new LedgerError('bad-request', 'An image needs the parameter PatientID, which says whose it is.');
  if ([...trimmed].length > 64 || /[\u0000-\u001f\u007f\\]/.test(trimmed))
    throw new LedgerError(
      'bad-request',
      'PatientID has 1 to 64 characters, without backslash and control characters; this one has not.',
    );
  return trimmed;
}

const ACQUISITION_FORM = /^(\d{4})(-?)(\d{2})\2(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?$/;

/**
 * Date or date and time as YYYYMMDD[HHMM[SS]] or ISO 8601 (`2020-01-31T12:30`), the seconds' fraction cut off. Returns
 * YYYYMMDD or YYYYMMDDHHMMSS. A zone is refused: DICOM dates and times are local ones.
 */
export function readAcquisition(text: string): string {
  const [, year, , month, day, hour, minute, second = '00'] = ACQUISITION_FORM.exec(text.trim()) ?? [];
  if (
    !isDate(`${year}${month}${day}`) ||
    (hour !== undefined && (hour > '23' || (minute ?? '') > '59' || second > '59'))
  )
    throw new LedgerError(
      'bad-request',
      `Acquisition "${text.slice(0, 40)}" is no date and local time; write 20200131, 202001311230 or 2020-01-31T12:30:00.`,
    );
  return `${year}${month}${day}${hour === undefined ? '' : `${hour}${minute}${second}`}`;
}

/** The last component of a path, at most 255 bytes of UTF-8 in Unicode form C. */
export function readFileName(text: string): string {
  const name = (text.split(/[/\\]/).at(-1) ?? '').normalize('NFC').trim();
  if (
    name === '' ||
    name === '.' ||
    name === '..' ||
    Buffer.byteLength(name) > 255 ||
    /[\u0000-\u001f\u007f]/.test(name)
  )
    throw new LedgerError(
      'bad-request',
      'A file name has 1 to 255 bytes of UTF-8 and no control characters; rename the file.',
    );
  return name;
}
