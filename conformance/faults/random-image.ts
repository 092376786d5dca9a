import { randomInt } from 'node:crypto';
import { sha256 } from '../testing/dicomweb-client.js';
import type { Random } from '../testing/seeded.js';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const LONG_LENGTH_VRS = ['OB', 'OW'];

/** UIDs differ from run to run also where the seed is the same, so that a folder can be gone on with. */
const run = `${Date.now()}${randomInt(1000)}`;
let counter = 0;
export const newUid = (): string => `2.25.${run}${String(++counter).padStart(6, '0')}`;

/** An image to store, and the digest of its bytes in hex. */
export interface FaultImage {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  bytes: Buffer;
  sha256: string;
}

/** A Part 10 file in Explicit VR Little Endian: `size` × `size` 16-bit pixels without any pattern. */
export function randomImage(
  random: Random,
  { StudyInstanceUID, PatientID, size }: { StudyInstanceUID: string; PatientID: string; size: number },
): FaultImage {
  const uids = { StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() };
  const meta = Buffer.concat([
    element(0x00020001, 'OB', Buffer.from([0, 1])),
    element(0x00020002, 'UI', SECONDARY_CAPTURE),
    element(0x00020003, 'UI', uids.SOPInstanceUID),
    element(0x00020010, 'UI', EXPLICIT_LITTLE_ENDIAN),
    element(0x00020012, 'UI', '2.25.1'),
  ]);
  const bytes = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', number(meta.length, 4)),
    meta,
    element(0x00080016, 'UI', SECONDARY_CAPTURE),
    element(0x00080018, 'UI', uids.SOPInstanceUID),
    element(0x00080020, 'DA', '20240229'),
    element(0x00080060, 'CS', 'OT'),
    element(0x00100010, 'PN', 'Fault^Test'),
    element(0x00100020, 'LO', PatientID),
    element(0x0020000d, 'UI', StudyInstanceUID),
    element(0x0020000e, 'UI', uids.SeriesInstanceUID),
    element(0x00200013, 'IS', String(counter)),
    element(0x00280002, 'US', number(1, 2)),
    element(0x00280004, 'CS', 'MONOCHROME2'),
    element(0x00280010, 'US', number(size, 2)),
    element(0x00280011, 'US', number(size, 2)),
    element(0x00280100, 'US', number(16, 2)),
    element(0x00280101, 'US', number(16, 2)),
    element(0x00280102, 'US', number(15, 2)),
    element(0x00280103, 'US', number(0, 2)),
    element(0x7fe00010, 'OW', random.bytes(size * size * 2)),
  ]);
  return { ...uids, bytes, sha256: sha256(bytes) };
}

/** PS3.5 §7.1.2; values get their even length (§6.2). */
function element(tag: number, vr: string, value: string | Buffer): Buffer {
  let bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes.length % 2 === 1) bytes = Buffer.concat([bytes, Buffer.from([vr === 'UI' ? 0 : 0x20])]);
  const isLong = LONG_LENGTH_VRS.includes(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (isLong) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function number(value: number, byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  bytes.writeUIntLE(value, 0, byteCount);
  return bytes;
}

/** Whose the images of a round are: one patient for each. */
export const patientOf = (round: string): string => round.slice(-16);
