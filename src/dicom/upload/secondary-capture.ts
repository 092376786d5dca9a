import { isDate } from '../../standard/is-date.js';
import { isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { IMAGE_ATTRIBUTE_NAMES, IMAGE_ATTRIBUTES, imageAttributeFault } from '../../standard/image-attributes.js';
import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import type { ByteSource } from '../../base/byte-source.js';
import { dataSetOf, elementOf } from '../data-set/data-set.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { readImageFile, type ImageFile } from './image-file.js';
import { decodes } from './native-pixels.js';
import type { SecondaryCaptureParameters } from './secondary-capture-data-set.js';
import { trimEnd } from '../data-set/trim-end.js';

interface Described {
  kind: 'header';
  header: InstanceHeader;
  warnings: string[];
}

interface Refused {
  kind: 'refused';
  reason: 'cannot-understand' | 'data-set-mismatch';
  message: string;
}

export type SecondaryCaptureResult = Described | Refused;

/** An image file of more bytes is not read; `MAX_PIXELS` of 16-bit gray are 128 MiB. */
export const MAX_IMAGE_FILE_BYTES = 256 * 1024 * 1024;

/** Decoding takes many times the memory of the file: two at a time. */
const decoding = pLimit(2);

/**
 * Describes a JPG or PNG file as Secondary Capture (PS3.3 §A.8.1). The header follows from the bytes and the parameters
 * alone, UIDs included, so that anyone can make it again and compare. An encapsulated file is its own only fragment;
 * else `frames` and Pixel Data are offsets in what `nativePixels` makes of the file.
 */
export async function secondaryCapture(
  source: ByteSource,
  parameters: SecondaryCaptureParameters,
): Promise<SecondaryCaptureResult> {
  const result = await describeImageFile(source, parameters);
  if (result.kind === 'refused') return result;
  const { bytes, ...described } = result;
  if (!(await decoding(() => decodes(bytes, parameters.mediaType)))) {
    return refused(`The ${parameters.mediaType} file cannot be decoded; it is damaged or cut off.`);
  }
  return described;
}

/** As `secondaryCapture`, with the file, which may be one that cannot be decoded. */
export async function describeImageFile(
  source: ByteSource,
  parameters: SecondaryCaptureParameters,
  /** Of the file, if the caller has it. */
  sha256?: Buffer,
): Promise<(Described & { bytes: Buffer }) | Refused> {
  const fault = parameterFault(parameters);
  if (fault !== undefined) return { kind: 'refused', reason: 'data-set-mismatch', message: fault };
  if (source.byteCount > MAX_IMAGE_FILE_BYTES) {
    return refused(`The image file has ${source.byteCount} bytes, more than ${MAX_IMAGE_FILE_BYTES}; send it smaller.`);
  }
  const bytes = await source.read(0, source.byteCount);
  const file = readImageFile(bytes, parameters.mediaType);
  if (typeof file === 'string') return refused(file);
  const digest = sha256 ?? createHash('sha256').update(bytes).digest();
  const header = await composeHeader(bytes, { file, sha256: digest }, parameters);
  return { kind: 'header', header, warnings: [], bytes };
}

/** The parameters that an uploaded image's header was made from. */
export function secondaryCaptureParameters(header: InstanceHeader): SecondaryCaptureParameters {
  const dataSet = dataSetOf(header);
  const text = (tag: number): string => trimEnd(elementOf(dataSet, tag)?.value.toString('utf8') ?? '');
  return {
    mediaType: header.source === 'image/png' ? 'image/png' : 'image/jpeg',
    PatientID: text(0x00100020),
    IssuerOfPatientID: text(0x00100021) || undefined,
    StudyInstanceUID: text(0x0020000d),
    fileName: header.fileName,
    acquisition: header.acquisition,
    ...Object.fromEntries(
      IMAGE_ATTRIBUTE_NAMES.map((name) => [name, text(Number(`0x${IMAGE_ATTRIBUTES[name].tag}`)) || undefined]),
    ),
  };
}

function refused(message: string): Refused {
  return { kind: 'refused', reason: 'cannot-understand', message };
}

function parameterFault(parameters: SecondaryCaptureParameters): string | undefined {
  const { PatientID, IssuerOfPatientID = '', StudyInstanceUID, fileName = '', acquisition } = parameters;
  for (const [name, value] of Object.entries({ PatientID, IssuerOfPatientID })) {
    if (value.length > 64) return `${name} has ${value.length} characters; send at most 64 (PS3.5 §6.2, LO).`;
    if (/[\\\p{Cc}]/u.test(value))
      return `${name} has a backslash or a control character; send it without (PS3.5 §6.2, LO).`;
  }
  for (const name of IMAGE_ATTRIBUTE_NAMES) {
    const value = parameters[name];
    const fault = value === undefined ? undefined : imageAttributeFault(name, value);
    if (fault !== undefined) return fault;
  }
  if (PatientID.trim() === '') return 'PatientID is empty; name the patient that the image belongs to.';
  if (
    StudyInstanceUID !== undefined &&
    !(/^[0-9]+(\.[0-9]+)+$/.test(StudyInstanceUID) && StudyInstanceUID.length <= 64)
  ) {
    return `StudyInstanceUID "${StudyInstanceUID}" is not a UID; send digits and dots, at most 64.`;
  }
  if (fileName.length > 255 || /\p{Cc}/u.test(fileName)) {
    return `The file name has ${fileName.length} characters; send at most 255 and no control characters.`;
  }
  if (acquisition !== undefined && !isDateTime(acquisition)) {
    return `The acquisition "${acquisition}" is not a date or time; send YYYYMMDD or YYYYMMDDHHMMSS.`;
  }
  return undefined;
}

/** YYYYMMDD, or YYYYMMDDHHMMSS with a leap second at most. */
function isDateTime(text: string): boolean {
  const [, day] = /^(\d{8})(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d|60))?$/.exec(text) ?? [];
  return day !== undefined && isDate(day);
}

async function composeHeader(
  bytes: Buffer,
  { file, sha256 }: { file: ImageFile; sha256: Buffer },
  parameters: SecondaryCaptureParameters,
): Promise<InstanceHeader> {
  // With dcmjs, which is large, and which DICOM alone has no use for.
  const { secondaryCaptureDataSet } = await import('./secondary-capture-data-set.js');
  const { mediaType, fileName, acquisition } = parameters;
  const encapsulated = isEncapsulated(file.transferSyntaxUID);
  const nativeBytes = (file.Rows * file.Columns * file.SamplesPerPixel * file.BitsAllocated) / 8;
  const byteCount = encapsulated ? bytes.length : nativeBytes;
  return {
    source: mediaType,
    transferSyntaxUID: file.transferSyntaxUID,
    fileMeta: Buffer.alloc(0),
    dataSetOffset: 0,
    dataSetSha256: sha256.toString('hex'),
    dataSet: secondaryCaptureDataSet({ file, parameters, sha256, fileBytes: bytes.length, nativeBytes }),
    bulk: [{ path: '7FE00010', vr: file.BitsAllocated === 16 ? 'OW' : 'OB', offset: 0, byteCount }],
    frames: encapsulated
      ? { kind: 'encapsulated', frames: [[[0, byteCount]]] }
      : { kind: 'native', offset: 0, frameBits: 8 * byteCount, frameCount: 1 },
    ...(fileName !== undefined && { fileName }),
    ...(acquisition !== undefined && { acquisition }),
  };
}
