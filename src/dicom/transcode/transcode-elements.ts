import { dataSetOf, elementOf } from '../data-set/data-set.js';
import { isPrivateCreator, tagHex } from '../data-set/dictionary.js';
import {
  encodingOf,
  explicitLittleEndian,
  implicitLittleEndian,
  swapped,
  unitBytes,
  type Encoding,
} from '../data-set/encoding.js';
import { elementHeader, ITEM, ITEM_END, itemHeader, SEQUENCE_END } from '../data-set/element-header.js';
import { createExplicitVrs } from '../data-set/explicit-vr.js';
import { pixelUnit } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import type { Stretch } from './write-part10.js';
import type { NewPixels } from './transcode-pixels.js';
import { PIXEL_DATA, walkDataSet } from '../data-set/walk-data-set.js';
import { memoryWindow } from '../data-set/byte-window.js';

/** Extended Offset Table, its lengths and the total length (PS3.3 §C.7.6.3): they describe the stored fragments. */
const ABOUT_FRAGMENTS = new Set([0x7fe00001, 0x7fe00002, 0x7fe00003]);

/**
 * The data set of a header in Explicit VR Little Endian, its long values as stretches of the instance. Elements, their
 * order and VRs stay; sequences get undefined length. With `pixels` they take the place of Pixel Data (7FE0,0010).
 */
export function* transcodeElements(header: InstanceHeader, pixels?: NewPixels): Generator<Stretch> {
  const dataSet = dataSetOf(header);
  const vrs = createExplicitVrs(dataSet);
  const storedUnit = pixelUnit(header);
  const encoding = encodingOf(header.transferSyntaxUID, header.dataSet);
  /** Items of a UN sequence stay in implicit VR (PS3.5 §6.2.2). */
  const outputs: Encoding[] = [explicitLittleEndian];
  const output = (): Encoding => outputs[outputs.length - 1]!;
  const path: (string | number)[] = [];
  const changed = pixels?.elements ?? new Map<number, Buffer>();
  const inserted = [...changed.keys()].filter((tag) => !elementOf(dataSet, tag)).sort((a, b) => a - b);
  let leftOut = 0;

  const walk = walkDataSet(memoryWindow(header.dataSet), { offset: 0, encoding, presentBytes: 0 });
  for (let step = walk.next(true); !step.done; step = walk.next(step.value.kind !== 'need')) {
    const token = step.value;
    if (path.length === 0 && 'tag' in token)
      while (inserted.length > 0 && inserted[0]! < token.tag) yield changed.get(inserted.shift()!)!;
    if (token.kind === 'value') {
      const { tag } = token;
      const next = header.bulk[leftOut];
      const isLeftOut = token.byteCount === 0 && next?.path === [...path, tagHex(tag)].join('/');
      if (isLeftOut) leftOut++;
      if (path.length === 0 && pixels && ABOUT_FRAGMENTS.has(tag)) continue;
      if (path.length === 0 && pixels && tag === PIXEL_DATA) {
        yield* pixels.value;
        continue;
      }
      if (path.length === 0 && changed.has(tag)) {
        yield changed.get(tag)!;
        continue;
      }
      const { offset, byteCount } = isLeftOut ? next : token;
      const vr = token.vr ?? vrs.vrOf(tag, byteCount);
      yield elementHeader(output(), { tag, vr, byteCount });
      const isPixels = tag === PIXEL_DATA && path.length === 0;
      const unit = !token.encoding.bigEndian ? 1 : isPixels ? storedUnit : unitBytes(vr);
      if (isLeftOut) {
        yield { offset, byteCount, unit };
        continue;
      }
      const value = header.dataSet.subarray(offset, offset + byteCount);
      if (isPrivateCreator(tag)) vrs.noteCreator(tag, value);
      yield swapped(value, unit);
    } else if (token.kind === 'sequence') {
      const vr = token.vr ?? 'SQ';
      yield elementHeader(output(), { tag: token.tag, vr, byteCount: undefined });
      outputs.push(vr === 'UN' ? implicitLittleEndian : output());
      path.push(tagHex(token.tag), -1);
    } else if (token.kind === 'item') {
      path.push((path.pop() as number) + 1);
      vrs.enter();
      yield itemHeader(output(), ITEM, undefined);
    } else if (token.kind === 'item-end') {
      vrs.leave();
      yield itemHeader(output(), ITEM_END, 0);
    } else if (token.kind === 'sequence-end') {
      yield itemHeader(output(), SEQUENCE_END, 0);
      outputs.pop();
      path.length -= 2;
    }
  }
}
