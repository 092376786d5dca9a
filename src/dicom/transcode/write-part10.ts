import { identify } from '../data-set/attributes.js';
import { memoryWindow } from '../data-set/byte-window.js';
import { elementHeader, ITEM, itemHeader, SEQUENCE_END } from '../data-set/element-header.js';
import { encodingOf, explicitLittleEndian } from '../data-set/encoding.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { PIXEL_DATA, walkDataSet } from '../data-set/walk-data-set.js';
import { writeFileMeta } from './write-file-meta.js';

/** Pixels of an object that was made from an uploaded image. */
export interface Pixels {
  /** `encapsulated`: one frame in one fragment; `native`: all samples. */
  kind: 'encapsulated' | 'native';
  byteCount: number;
  open(): AsyncIterable<Buffer>;
}

/**
 * Writes an uploaded JPG or PNG as the Part 10 file that it is shown as: the data set of its header with `pixels` as
 * Pixel Data (7FE0,0010). The same header and pixels always give the same bytes.
 */
export function writePart10(header: InstanceHeader, pixels: Pixels): Output & { byteCount: number } {
  const { before, after, vr } = aroundPixels(header);
  const { SOPClassUID, SOPInstanceUID } = identify(header);
  const meta = writeFileMeta({ SOPClassUID, SOPInstanceUID, transferSyntaxUID: header.transferSyntaxUID });
  const padding = Buffer.alloc(pixels.byteCount % 2);
  const byteCount = pixels.byteCount + padding.length;
  const start =
    pixels.kind === 'native'
      ? [pixelHeader(vr, byteCount)]
      : [
          pixelHeader('OB', undefined),
          // An empty Basic Offset Table (PS3.5 §A.4).
          itemHeader(explicitLittleEndian, ITEM, 0),
          itemHeader(explicitLittleEndian, ITEM, byteCount),
        ];
  const end = pixels.kind === 'native' ? [] : [itemHeader(explicitLittleEndian, SEQUENCE_END, 0)];
  const head = Buffer.concat([meta, before, ...start]);
  const tail = Buffer.concat([padding, ...end, after]);
  return {
    byteCount: head.length + pixels.byteCount + tail.length,
    open: async function* () {
      yield head;
      yield* pixels.open();
      yield tail;
    },
  };
}

function pixelHeader(vr: string, byteCount: number | undefined): Buffer {
  return elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr, byteCount });
}

/** The bytes of the data set before and after its emptied Pixel Data, and the VR of those. */
function aroundPixels({ transferSyntaxUID, dataSet }: InstanceHeader): { before: Buffer; after: Buffer; vr: string } {
  const encoding = encodingOf(transferSyntaxUID, dataSet);
  const walk = walkDataSet(memoryWindow(dataSet), { offset: 0, encoding, presentBytes: 0 });
  let depth = 0;
  for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) {
    const token = step.value;
    if (token.kind === 'sequence') depth++;
    if (token.kind === 'sequence-end') depth--;
    if (token.kind !== 'value' || token.tag !== PIXEL_DATA || depth > 0) continue;
    const vr = token.vr ?? 'OW';
    const headerBytes = elementHeader(encoding, { tag: PIXEL_DATA, vr, byteCount: 0 }).length;
    return { before: dataSet.subarray(0, token.offset - headerBytes), after: dataSet.subarray(token.offset), vr };
  }
  return { before: dataSet, after: Buffer.alloc(0), vr: 'OW' };
}

/**
 * A part of an output: bytes that are there, bytes to be copied from the instance and swapped by `unit`, or bytes to be
 * made.
 */
export type Stretch = Buffer | { offset: number; byteCount: number; unit: 1 | 2 | 4 | 8 } | Output;

/** Bytes to be sent, with their number where it is known before the end. */
export interface Output {
  byteCount: number | undefined;
  open(): AsyncIterable<Buffer>;
}

/** Of all together; undefined when one does not know its own. */
export function stretchBytes(stretches: readonly Stretch[]): number | undefined {
  let sum: number | undefined = 0;
  for (const stretch of stretches) {
    const byteCount: number | undefined = Buffer.isBuffer(stretch) ? stretch.length : stretch.byteCount;
    sum = sum === undefined || byteCount === undefined ? undefined : sum + byteCount;
  }
  return sum;
}
