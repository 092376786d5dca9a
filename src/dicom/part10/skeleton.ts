import { publicVr, tagHex } from '../data-set/dictionary.js';
import type { Encoding } from '../data-set/encoding.js';
import { elementHeader, ITEM, ITEM_END, itemHeader, SEQUENCE_END } from '../data-set/element-header.js';
import { MAX_KEPT_VALUE_BYTES, type BulkValue } from '../data-set/instance-header.js';
import { ScanFault } from '../data-set/scan-fault.js';
import { PIXEL_DATA, type Token } from '../data-set/walk-data-set.js';

/** Enough for the functional groups of tens of thousands of frames; more is an attack on everybody's memory. */
const MAX_SKELETON_BYTES = 64 * 1024 * 1024;
const MAX_BULK_VALUES = 100_000;

const LEFT_OUT_TAGS = new Set([0x7fe00008, 0x7fe00009, PIXEL_DATA]);

/** Builds the data set of a header from the tokens of a walk: long values and all pixel data emptied, sequences and items of undefined length. */
export interface Skeleton {
  /** `bytes` are those of a value that is short enough. */
  add(token: Exclude<Token, { kind: 'need' }>, bytes: Buffer | undefined): void;
  /** True while the walk is not within a sequence. */
  atRoot(): boolean;
  finish(): { dataSet: Buffer; bulk: BulkValue[] };
}

export function isLeftOut(tag: number, byteCount: number): boolean {
  return byteCount > MAX_KEPT_VALUE_BYTES || (LEFT_OUT_TAGS.has(tag) && byteCount > 0);
}

export function createSkeleton({ maxBytes = MAX_SKELETON_BYTES }: { maxBytes?: number } = {}): Skeleton {
  const parts: Buffer[] = [];
  const bulk: BulkValue[] = [];
  const path: (string | number)[] = [];
  let byteCount = 0;
  let open: { tag: number; vr: string | undefined; offset: number } | undefined;

  const write = (part: Buffer): void => {
    byteCount += part.length;
    if (byteCount > maxBytes)
      throw new ScanFault(`Without its long values the data set still has more than ${maxBytes} bytes.`);
    parts.push(part);
  };
  const header = (encoding: Encoding, tag: number, vr: string | undefined, length: number | undefined): void =>
    write(elementHeader(encoding, { tag, vr, byteCount: length }));
  const leaveOut = (tag: number, vr: string | undefined, offset: number, length: number): void => {
    if (bulk.length >= MAX_BULK_VALUES)
      throw new ScanFault(`The data set has more than ${MAX_BULK_VALUES} long values.`);
    // A value under the tag of a sequence is none.
    const known = (vr ?? publicVr(tag) ?? 'UN').replace('SQ', 'UN');
    bulk.push({
      path: [...path, tagHex(tag)].join('/'),
      vr: known === 'xs' ? 'US' : known,
      offset,
      byteCount: length,
    });
  };

  return {
    atRoot: () => path.length === 0,
    add: (token, bytes) => {
      switch (token.kind) {
        case 'value':
          if (isLeftOut(token.tag, token.byteCount)) {
            header(token.encoding, token.tag, token.vr, 0);
            leaveOut(token.tag, token.vr, token.offset, token.byteCount);
          } else {
            header(token.encoding, token.tag, token.vr, token.byteCount);
            // The window that holds them moves on.
            if (bytes) write(Buffer.from(bytes));
          }
          break;
        case 'sequence':
          // Where implicit VR begins in the midst of explicit: UN would put its items into implicit VR (PS3.5 §6.2.2).
          header(token.encoding, token.tag, token.vr ?? 'SQ', undefined);
          path.push(tagHex(token.tag), -1);
          break;
        case 'item':
          path.push((path.pop() as number) + 1);
          write(itemHeader(token.encoding, ITEM, undefined));
          break;
        case 'item-end':
          write(itemHeader(token.encoding, ITEM_END, 0));
          break;
        case 'sequence-end':
          write(itemHeader(token.encoding, SEQUENCE_END, 0));
          path.length -= 2;
          break;
        case 'encapsulated':
          open = token;
          header(token.encoding, token.tag, token.vr, 0);
          break;
        case 'encapsulated-end':
          leaveOut(open!.tag, open!.vr ?? 'OB', open!.offset, token.offset - open!.offset);
          break;
        case 'fragment':
        case 'warning':
      }
    },
    finish: () => ({ dataSet: Buffer.concat(parts), bulk }),
  };
}
