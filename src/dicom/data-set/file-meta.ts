import dicomParser from 'dicom-parser';
import { ScanFault } from './scan-fault.js';
import { isUid } from './validate.js';

export const PREAMBLE_BYTES = 132;
/** A File Meta Information has to end within so many bytes; real ones have a few hundred. */
export const MAX_FILE_META_BYTES = 65_536;

export interface FileMeta {
  TransferSyntaxUID: string;
  MediaStorageSOPInstanceUID: string | undefined;
  /** The group as it stands in the file, without preamble and prefix. */
  bytes: Buffer;
  /** Where the data set begins. */
  dataSetOffset: number;
}

/**
 * Reads the File Meta Information (PS3.10 §7.1) from the first bytes of a file: all of it, or MAX_FILE_META_BYTES.
 * It ends where the group ends; a group length that says otherwise is ignored. Throws ScanFault.
 */
export function readFileMeta(head: Buffer): FileMeta {
  if (head.length < PREAMBLE_BYTES || head.toString('latin1', 128, PREAMBLE_BYTES) !== 'DICM')
    throw new ScanFault(
      'There is no File Meta Information: bytes 128 to 131 are not "DICM" (PS3.10 §7.1). Send a DICOM file.',
    );
  const end = groupEnd(head);
  const { TransferSyntaxUID, MediaStorageSOPInstanceUID } = uidsOf(head.subarray(0, end));
  if (!TransferSyntaxUID)
    throw new ScanFault('The File Meta Information has no Transfer Syntax UID (0002,0010) (PS3.10 §7.1).');
  if (!isUid(TransferSyntaxUID))
    throw new ScanFault('The Transfer Syntax UID (0002,0010) of the File Meta Information is not a UID (PS3.5 §9.1).');
  return {
    TransferSyntaxUID,
    MediaStorageSOPInstanceUID,
    bytes: Buffer.from(head.subarray(PREAMBLE_BYTES, end)),
    dataSetOffset: end,
  };
}

/** `meta` ends where the group does: dicom-parser would read the first element of a data set as Explicit VR Little Endian. */
function uidsOf(meta: Buffer): Record<'TransferSyntaxUID' | 'MediaStorageSOPInstanceUID', string | undefined> {
  try {
    const dataSet = dicomParser.readPart10Header(meta);
    return {
      TransferSyntaxUID: dataSet.string('x00020010'),
      MediaStorageSOPInstanceUID: dataSet.string('x00020003'),
    };
  } catch {
    throw new ScanFault('The File Meta Information cannot be read (PS3.10 §7.1).');
  }
}

function groupEnd(head: Buffer): number {
  let position = PREAMBLE_BYTES;
  while (position + 8 <= head.length && head.readUInt16LE(position) === 2) {
    const long = /^(O[BDFLVW]|SQ|SV|U[CNRTV])$/.test(head.toString('latin1', position + 4, position + 6));
    if (long && position + 12 > head.length) break;
    position += long ? 12 + head.readUInt32LE(position + 8) : 8 + head.readUInt16LE(position + 6);
  }
  if (position > head.length || (position + 8 > head.length && head.length >= MAX_FILE_META_BYTES))
    throw new ScanFault(`The File Meta Information does not end within ${head.length} bytes (PS3.10 §7.1).`);
  return position;
}
