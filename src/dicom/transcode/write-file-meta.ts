import { explicitLittleEndian } from '../data-set/encoding.js';
import { elementHeader, textElement } from '../data-set/element-header.js';
import { publicVr } from '../data-set/dictionary.js';
import { fileMetaEncoding, preamble } from '../data-set/file-meta.js';
import { walkDataSet } from '../data-set/walk-data-set.js';
import { memoryWindow } from '../data-set/byte-window.js';

const GROUP_LENGTH = 0x00020000;
/** Made once for this software (PS3.7 §D.3.3.2); UIDs of the 2.25 root come from a UUID (PS3.5 §B.2). */
const ImplementationClassUID = '2.25.283505383398118077433908601875099221593';
const ImplementationVersionName = 'DICOM_LEDGER';

/**
 * Preamble, prefix and File Meta (PS3.10 §7.1) of a file that this software writes. `kept` is the File Meta of the file
 * that it was made from: what it tells beside version, UIDs and implementation stays (source, receiver, private ones).
 */
export function writeFileMeta(
  object: { SOPClassUID: string; SOPInstanceUID: string; transferSyntaxUID: string },
  kept: Buffer = Buffer.alloc(0),
): Buffer {
  const version = Buffer.from([0, 1]);
  const elements = new Map<number, Buffer>([
    ...elementsOf(kept),
    [
      0x00020001,
      Buffer.concat([elementHeader(explicitLittleEndian, { tag: 0x00020001, vr: 'OB', byteCount: 2 }), version]),
    ],
    uidElement(0x00020002, object.SOPClassUID),
    uidElement(0x00020003, object.SOPInstanceUID),
    uidElement(0x00020010, object.transferSyntaxUID),
    uidElement(0x00020012, ImplementationClassUID),
    [0x00020013, textElement(0x00020013, { vr: 'SH', text: ImplementationVersionName })],
  ]);
  elements.delete(GROUP_LENGTH);
  const group = Buffer.concat([...elements].sort(([a], [b]) => a - b).map(([, element]) => element));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length, 0);
  return Buffer.concat([
    preamble(),
    elementHeader(explicitLittleEndian, { tag: GROUP_LENGTH, vr: 'UL', byteCount: 4 }),
    length,
    group,
  ]);
}

function elementsOf(fileMeta: Buffer): [tag: number, element: Buffer][] {
  const elements: [number, Buffer][] = [];
  const encoding = fileMetaEncoding(fileMeta);
  const walk = walkDataSet(memoryWindow(fileMeta), { offset: 0, encoding, presentBytes: 0 });
  for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) {
    const token = step.value;
    if (token.kind !== 'value') continue;
    const { tag, byteCount, offset } = token;
    const header = elementHeader(explicitLittleEndian, { tag, vr: token.vr ?? publicVr(tag), byteCount });
    elements.push([tag, Buffer.concat([header, fileMeta.subarray(offset, offset + byteCount)])]);
  }
  return elements;
}

function uidElement(tag: number, uid: string): [number, Buffer] {
  return [tag, textElement(tag, { vr: 'UI', text: uid, pad: '\0' })];
}
