import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import type { ImageDescription } from '../../standard/image-attributes.js';
import dcmjs from 'dcmjs';
import { createHash } from 'node:crypto';
import type { ImageFile, ImageMediaType } from './image-file.js';
const SECONDARY_CAPTURE_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.7';

type Elements = Record<string, { vr: string; Value: unknown[] }>;

export interface SecondaryCaptureFacts {
  file: ImageFile;
  parameters: SecondaryCaptureParameters;
  /** Of the image file. */
  sha256: Buffer;
  fileBytes: number;
  /** Of its pixels, decoded. */
  nativeBytes: number;
}

/**
 * The data set of an uploaded image, explicit little endian, Pixel Data empty: the mandatory modules of PS3.3 §A.8.1.3
 * and nothing that is not known. Modality is OT unless it is said, because the file does not tell how the picture was made. The window is
 * the whole range, so that viewers show the picture as any program does. The file name is Image Comments.
 */
export function secondaryCaptureDataSet(facts: SecondaryCaptureFacts): Buffer {
  // dcmjs writes elements in the order of their keys, which must be that of the tags.
  const sorted = Object.fromEntries(Object.entries(elements(facts)).sort(([a], [b]) => (a < b ? -1 : 1)));
  const stream = new dcmjs.data.WriteBufferStream(4096, true);
  dcmjs.data.DicomMessage.write(sorted, stream, TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid, {});
  return Buffer.from(stream.getBuffer());
}

function elements({ file, parameters, sha256, fileBytes, nativeBytes }: SecondaryCaptureFacts): Elements {
  const { IssuerOfPatientID = '', fileName = '', acquisition = '' } = parameters;
  const PatientID = parameters.PatientID.trim();
  const date = acquisition.slice(0, 8);
  const time = acquisition.slice(8);
  const patient = [IssuerOfPatientID, PatientID];
  const StudyInstanceUID = parameters.StudyInstanceUID ?? uidFrom('study', [...patient, date]);
  const text = (vr: string, value: string) => ({ vr, Value: value === '' ? [] : [value] });
  const known = (vr: string, tag: string, value: string): Elements => (value === '' ? {} : { [tag]: text(vr, value) });
  return {
    '00080005': text('CS', 'ISO_IR 192'),
    '00080008': { vr: 'CS', Value: ['DERIVED', 'SECONDARY'] },
    '00080016': text('UI', SECONDARY_CAPTURE_IMAGE_STORAGE),
    '00080018': text('UI', uidFrom('instance', [...patient, fileName, sha256])),
    '00080020': text('DA', date),
    '00080030': text('TM', ''),
    '00080050': text('SH', ''),
    '00080060': text('CS', parameters.Modality ?? 'OT'),
    '00080064': text('CS', 'WSD'),
    '00080090': text('PN', ''),
    ...known('DA', '00080022', date),
    ...known('DA', '00080023', date),
    ...known('TM', '00080032', time),
    ...known('TM', '00080033', time),
    ...known('LO', '00081030', parameters.StudyDescription ?? ''),
    ...known('CS', '00180015', parameters.BodyPartExamined ?? ''),
    ...known('ST', '00082111', file.DerivationDescription ?? ''),
    '00100010': text('PN', parameters.PatientName ?? ''),
    '00100020': text('LO', PatientID),
    ...known('LO', '00100021', IssuerOfPatientID),
    '00100030': text('DA', parameters.PatientBirthDate ?? ''),
    '00100040': text('CS', parameters.PatientSex ?? ''),
    '0020000D': text('UI', StudyInstanceUID),
    '0020000E': text('UI', uidFrom('series', [...patient, StudyInstanceUID])),
    '00200010': text('SH', ''),
    '00200011': text('IS', '1'),
    '00200013': text('IS', '1'),
    '00200020': text('CS', ''),
    ...known('LT', '00204000', fileName),
    ...imagePixel(file),
    ...(file.mediaType === 'image/jpeg' && lossy(nativeBytes / fileBytes)),
    '7FE00010': { vr: file.BitsAllocated === 16 ? 'OW' : 'OB', Value: [new ArrayBuffer(0)] },
  };
}

/** PS3.3 §C.7.6.3, and for gray the window of PS3.3 §C.11.2 that changes nothing. */
function imagePixel(file: ImageFile): Elements {
  const short = (value: number) => ({ vr: 'US', Value: [value] });
  const isGray = file.SamplesPerPixel === 1;
  return {
    '00280002': short(file.SamplesPerPixel),
    '00280004': { vr: 'CS', Value: [file.PhotometricInterpretation] },
    ...(!isGray && { '00280006': short(0) }),
    '00280010': short(file.Rows),
    '00280011': short(file.Columns),
    '00280100': short(file.BitsAllocated),
    '00280101': short(file.BitsAllocated),
    '00280102': short(file.BitsAllocated - 1),
    '00280103': short(0),
    ...(isGray && {
      '00281050': { vr: 'DS', Value: [String(2 ** (file.BitsAllocated - 1))] },
      '00281051': { vr: 'DS', Value: [String(2 ** file.BitsAllocated)] },
    }),
  };
}

/** PS3.3 §C.7.6.1.1.5: once lossy, always lossy, also where the pixels are native now. */
function lossy(ratio: number): Elements {
  return {
    '00282110': { vr: 'CS', Value: ['01'] },
    '00282112': { vr: 'DS', Value: [ratio.toFixed(2)] },
    '00282114': { vr: 'CS', Value: ['ISO_10918_1'] },
  };
}

/**
 * A UID under 2.25 (PS3.5 §B.2) that follows from `purpose` and `parts` alone: their SHA-256 as a version 8 UUID
 * (RFC 9562 §5.8). Different lists never run together.
 */
function uidFrom(purpose: string, parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of [purpose, ...parts]) {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  const uuid = hash.digest().subarray(0, 16);
  uuid[6] = (uuid.readUInt8(6) & 0x0f) | 0x80;
  uuid[8] = (uuid.readUInt8(8) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}

/** Whose an uploaded image is. All of it ends in the header. */
export interface SecondaryCaptureParameters extends ImageDescription {
  mediaType: ImageMediaType;
  PatientID: string;
  IssuerOfPatientID?: string;
  /** Undefined: one study for each patient and date of acquisition, and one of undated images. */
  StudyInstanceUID?: string;
  fileName?: string;
  /** YYYYMMDD or YYYYMMDDHHMMSS. */
  acquisition?: string;
}
