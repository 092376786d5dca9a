import { explicitLittleEndian } from './encoding.js';
import { elementHeader } from './element-writer.js';
import { PREAMBLE_BYTES } from './file-meta.js';
import { walkDataSet } from './walk.js';
import { memoryWindow } from './window.js';

const GROUP_LENGTH = 0x00020000;
const TRANSFER_SYNTAX_UID = 0x00020010;
/** Made once for this software (PS3.7 §D.3.3.2); UIDs of the 2.25 root come from a UUID (PS3.5 §B.2). */
const ImplementationClassUID = '2.25.283505383398118077433908601875099221593';
const ImplementationVersionName = 'DICOM_LEDGER';

/** Preamble, prefix and the File Meta of a file with another Transfer Syntax UID; all else in it is kept. */
export function withTransferSyntax(fileMeta: Buffer, transferSyntaxUID: string): Buffer {
  const elements: Buffer[] = [];
  const walk = walkDataSet(memoryWindow(fileMeta), { offset: 0, encoding: explicitLittleEndian, presentBytes: 0 });
  let start = 0;
  for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) {
    const token = step.value;
    if (token.kind !== 'value') continue;
    const end = token.offset + token.byteCount;
    if (token.tag === TRANSFER_SYNTAX_UID) elements.push(uidElement(TRANSFER_SYNTAX_UID, transferSyntaxUID));
    else if (token.tag !== GROUP_LENGTH) elements.push(fileMeta.subarray(start, end));
    start = end;
  }
  return fileMetaOf(elements);
}

/** Preamble, prefix and File Meta (PS3.10 §7.1) of an object that this software makes. */
export function newFileMeta(object: {
  SOPClassUID: string;
  SOPInstanceUID: string;
  transferSyntaxUID: string;
}): Buffer {
  const version = Buffer.from([0, 1]);
  return fileMetaOf([
    elementHeader(explicitLittleEndian, { tag: 0x00020001, vr: 'OB', byteCount: version.length }),
    version,
    uidElement(0x00020002, object.SOPClassUID),
    uidElement(0x00020003, object.SOPInstanceUID),
    uidElement(TRANSFER_SYNTAX_UID, object.transferSyntaxUID),
    uidElement(0x00020012, ImplementationClassUID),
    textElement(0x00020013, { vr: 'SH', text: ImplementationVersionName, pad: ' ' }),
  ]);
}

function fileMetaOf(elements: readonly Buffer[]): Buffer {
  const group = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length, 0);
  const start = Buffer.alloc(PREAMBLE_BYTES);
  start.write('DICM', 128, 'latin1');
  return Buffer.concat([
    start,
    elementHeader(explicitLittleEndian, { tag: GROUP_LENGTH, vr: 'UL', byteCount: 4 }),
    length,
    group,
  ]);
}

function uidElement(tag: number, uid: string): Buffer {
  return textElement(tag, { vr: 'UI', text: uid, pad: '\0' });
}

function textElement(tag: number, { vr, text, pad }: { vr: string; text: string; pad: string }): Buffer {
  const value = Buffer.from(text.length % 2 === 0 ? text : text + pad, 'latin1');
  return Buffer.concat([elementHeader(explicitLittleEndian, { tag, vr, byteCount: value.length }), value]);
}
