import dicomParser from 'dicom-parser';
import { explicitLittleEndian, hasLongLength, implicitLittleEndian, isKnownVr, type Encoding } from './encoding.js';
import { ScanFault } from './scan-fault.js';
import { trimEnd } from './trim-end.js';
import { isUid } from './validate.js';

const PREFIX = 'DICM';
const PREAMBLE_BYTES = 128 + PREFIX.length;
/** A File Meta Information has to end within so many bytes; real ones have a few hundred. */
export const MAX_FILE_META_BYTES = 65_536;
const GROUP = 2;
const GROUP_LENGTH = 0x0000;
const MEDIA_STORAGE_SOP_INSTANCE_UID = 0x0003;
const TRANSFER_SYNTAX_UID = 0x0010;

export interface FileMeta {
  TransferSyntaxUID: string;
  MediaStorageSOPInstanceUID: string | undefined;
  /** The group as it stands in the file, without preamble and prefix. */
  bytes: Buffer;
  /** Where the data set begins. */
  dataSetOffset: number;
}

/**
 * Reads the File Meta Information (PS3.10 §7.1) from the first bytes of a file: all of it, or MAX_FILE_META_BYTES. Preamble and prefix may
 * be missing, and its elements may be in implicit VR. It ends where its length says, if what follows there is no further element of
 * it, else where the group ends. Throws ScanFault.
 */
export function readFileMeta(head: Buffer): FileMeta {
  const start = groupStart(head);
  if (start === undefined)
    throw new ScanFault(
      'There is no File Meta Information: bytes 128 to 131 are not "DICM", and no group 0002 begins the file (PS3.10 §7.1). Send a DICOM file.',
    );
  const { values, end } = readGroup(head, start);
  if (end > head.length || (end + 8 > head.length && head.length >= MAX_FILE_META_BYTES))
    throw new ScanFault(`The File Meta Information does not end within ${head.length} bytes (PS3.10 §7.1).`);
  const bytes = Buffer.from(head.subarray(start, end));
  const { TransferSyntaxUID, MediaStorageSOPInstanceUID } = fileMetaEncoding(bytes).explicit
    ? uidsOf(bytes)
    : implicitUidsOf(values);
  if (!TransferSyntaxUID)
    throw new ScanFault('The File Meta Information has no Transfer Syntax UID (0002,0010) (PS3.10 §7.1).');
  if (!isUid(TransferSyntaxUID))
    throw new ScanFault('The Transfer Syntax UID (0002,0010) of the File Meta Information is not a UID (PS3.5 §9.1).');
  return {
    TransferSyntaxUID,
    MediaStorageSOPInstanceUID,
    bytes,
    dataSetOffset: end,
  };
}

/** How a File Meta is written: in explicit VR (PS3.10 §7.1), or against the standard in implicit VR. */
export function fileMetaEncoding(bytes: Buffer): Encoding {
  return bytes.length >= 6 && !isKnownVr(bytes.toString('latin1', 4, 6)) ? implicitLittleEndian : explicitLittleEndian;
}

/** 128 bytes and the prefix with which a file begins (PS3.10 §7.1). */
export function preamble(): Buffer {
  return Buffer.concat([Buffer.alloc(PREAMBLE_BYTES - PREFIX.length), Buffer.from(PREFIX)]);
}

function groupStart(head: Buffer): number | undefined {
  if (head.length >= PREAMBLE_BYTES && head.toString('latin1', 128, PREAMBLE_BYTES) === PREFIX) return PREAMBLE_BYTES;
  const start = head.toString('latin1', 0, PREFIX.length) === PREFIX ? PREFIX.length : 0;
  return startsGroup(head, start) ? start : undefined;
}

/** An element of group 0002 in one of both encodings, and no text that begins like it. */
function startsGroup(head: Buffer, at: number): boolean {
  if (at + 8 > head.length || head.readUInt16LE(at) !== GROUP || head.readUInt16LE(at + 2) > 0x0102) return false;
  return isKnownVr(head.toString('latin1', at + 4, at + 6)) || head.readUInt32LE(at + 4) <= MAX_FILE_META_BYTES;
}

/** The values of the group by element number, and where it ends, which may be beyond the bytes. */
function readGroup(head: Buffer, start: number): { values: Map<number, Buffer>; end: number } {
  const { explicit } = fileMetaEncoding(head.subarray(start, start + 8));
  const values = new Map<number, Buffer>();
  let statedEnd: number | undefined;
  let last = -1;
  let at = start;
  while (at + 8 <= head.length && head.readUInt16LE(at) === GROUP) {
    const number = head.readUInt16LE(at + 2);
    const vr = head.toString('latin1', at + 4, at + 6);
    // Behind a length that is too short the group goes on in order; a group that begins again belongs to the data set.
    if (
      statedEnd === undefined ? values.has(number) : at === statedEnd && (number <= last || explicit !== isKnownVr(vr))
    )
      break;
    const isLong = explicit && hasLongLength(vr);
    if (isLong && at + 12 > head.length) break;
    const headerBytes = isLong ? 12 : 8;
    const byteCount = isLong
      ? head.readUInt32LE(at + 8)
      : explicit
        ? head.readUInt16LE(at + 6)
        : head.readUInt32LE(at + 4);
    const value = head.subarray(at + headerBytes, at + headerBytes + byteCount);
    if (!values.has(number)) values.set(number, value);
    at += headerBytes + byteCount;
    if (number === GROUP_LENGTH && value.length === 4 && last === -1) statedEnd = at + value.readUInt32LE(0);
    last = number;
  }
  return { values, end: at };
}

type Uids = Record<'TransferSyntaxUID' | 'MediaStorageSOPInstanceUID', string | undefined>;

function uidsOf(group: Buffer): Uids {
  try {
    const dataSet = dicomParser.readPart10Header(Buffer.concat([preamble(), group]));
    return {
      TransferSyntaxUID: dataSet.string('x00020010'),
      MediaStorageSOPInstanceUID: dataSet.string('x00020003'),
    };
  } catch {
    throw new ScanFault('The File Meta Information cannot be read (PS3.10 §7.1).');
  }
}

/** The same of a group in implicit VR, which dicom-parser does not expect here. */
function implicitUidsOf(values: ReadonlyMap<number, Buffer>): Uids {
  const uidOf = (number: number): string | undefined => {
    const value = values.get(number);
    return value && trimEnd(value.toString('latin1'));
  };
  return {
    TransferSyntaxUID: uidOf(TRANSFER_SYNTAX_UID),
    MediaStorageSOPInstanceUID: uidOf(MEDIA_STORAGE_SOP_INSTANCE_UID),
  };
}
