import { publicVr, tagText } from './dictionary.js';
import { ITEM, ITEM_END, SEQUENCE_END } from './element-header.js';
import {
  explicitBigEndian,
  explicitLittleEndian,
  hasLongLength,
  implicitLittleEndian,
  isKnownVr,
  type Encoding,
} from './encoding.js';
import { ScanFault } from './scan-fault.js';
import type { ByteWindow } from './byte-window.js';

export const PIXEL_DATA = 0x7fe00010;
const UNDEFINED_LENGTH = 0xffffffff;

/** What comes next in a data set, and where. `vr` is undefined where the file has none (implicit VR). */
export type Token =
  /** The walker goes on when these bytes are in the window; it is told whether they are. */
  | { kind: 'need'; offset: number; byteCount: number }
  | { kind: 'value'; tag: number; vr: string | undefined; encoding: Encoding; offset: number; byteCount: number }
  /** `encoding` is that of the element, `itemEncoding` that of its items and delimiters. */
  | { kind: 'sequence'; tag: number; vr: string | undefined; encoding: Encoding; itemEncoding: Encoding }
  | { kind: 'item'; encoding: Encoding }
  | { kind: 'item-end'; encoding: Encoding }
  | { kind: 'sequence-end'; encoding: Encoding }
  /** A value in fragments (PS3.5 §A.4), whose first one is the Basic Offset Table. */
  | { kind: 'encapsulated'; tag: number; vr: string | undefined; encoding: Encoding; offset: number }
  | { kind: 'fragment'; offset: number; byteCount: number }
  | { kind: 'encapsulated-end'; offset: number }
  /** `dataSetEnd`: behind it there is nothing but zeros. */
  | { kind: 'warning'; message: string; dataSetEnd?: number };

export interface WalkOptions {
  /** First byte of the data set. */
  offset: number;
  encoding: Encoding;
  /** Values of up to this many bytes are in the window when their token is given, but never pixel data. */
  presentBytes: number;
}

interface Level {
  kind: 'data-set' | 'sequence';
  /** Encoding of the elements of a data set; of a sequence that of its items. */
  encoding: Encoding;
  /** Undefined: up to a delimiter, or for the root to the end of the data. */
  end: number | undefined;
  /** Nothing inside may reach beyond. */
  limit: number | undefined;
  /** A sequence that was written as UN: the encoding of each item shows in its first element. */
  isUnknown?: boolean;
}

/** Items in items in items; no real object comes near. */
const MAX_DEPTH = 64;
/** Elements and items: enough for tens of thousands of frames with their functional groups. Each takes some 500 bytes in memory. */
const MAX_ELEMENTS = 500_000;

/**
 * Walks a data set from its first byte to its last without reading values. Sequences of both kinds of length, UN of
 * undefined length (implicit VR inside, PS3.5 §6.2.2 Note 2, or what its items show that they are in), and values in fragments.
 * Throws ScanFault.
 */
export function* walkDataSet(window: ByteWindow, options: WalkOptions): Generator<Token, void, boolean> {
  let position = options.offset;
  let elementCount = 0;
  const root: Level = {
    kind: 'data-set',
    encoding: options.encoding,
    end: undefined,
    limit: window.end,
  };
  const levels = [root];

  function* require(byteCount: number): Generator<Token, void, boolean> {
    if (window.has(position, byteCount)) return;
    if (!(yield { kind: 'need', offset: position, byteCount }))
      throw new ScanFault(`The data ends in the middle of an element at byte ${position}; send the whole file.`);
  }

  /** Whether so many bytes follow; then they are in the window. */
  function* peek(byteCount: number): Generator<Token, boolean, boolean> {
    return window.has(position, byteCount) || (yield { kind: 'need', offset: position, byteCount });
  }

  const count = (): void => {
    if (++elementCount > MAX_ELEMENTS)
      throw new ScanFault(`The data set has more than ${MAX_ELEMENTS} elements and items.`);
  };

  for (;;) {
    const level = levels[levels.length - 1]!;
    if (level.end !== undefined && position >= level.end) {
      levels.pop();
      yield level.kind === 'data-set'
        ? { kind: 'item-end', encoding: level.encoding }
        : { kind: 'sequence-end', encoding: level.encoding };
      continue;
    }
    if (level === root && !window.has(position, 8)) {
      if (!(yield { kind: 'need', offset: position, byteCount: 8 })) {
        if (window.end !== undefined && position > window.end)
          throw new ScanFault(`The data ends at byte ${window.end}, before ${position}; send the whole file.`);
        if (window.end !== position) yield { kind: 'warning', message: `Less than an element at byte ${position}.` };
        return;
      }
    }
    if (!window.has(position, 8)) yield* require(8);
    const { bigEndian } = level.encoding;
    const start = position;
    const tag = window.uint16(start, bigEndian) * 0x10000 + window.uint16(start + 2, bigEndian);

    if (level.kind === 'sequence') {
      const length = window.uint32(start + 4, bigEndian);
      position += 8;
      if (tag === SEQUENCE_END) {
        levels.pop();
        yield { kind: 'sequence-end', encoding: level.encoding };
      } else if (tag === ITEM) {
        count();
        const end = length === UNDEFINED_LENGTH ? undefined : position + length;
        const limit = within(end, level.limit, tag, start);
        const encoding =
          level.isUnknown && (yield* peek(6)) ? itemEncodingAt(window, position, level.encoding) : level.encoding;
        levels.push({ kind: 'data-set', encoding, end, limit });
        yield { kind: 'item', encoding: level.encoding };
      } else {
        throw new ScanFault(`Byte ${start} has ${tagText(tag)} where an item of a sequence has to begin.`);
      }
      continue;
    }

    if (tag === ITEM_END || tag === SEQUENCE_END || tag === ITEM) {
      position += 8;
      if (tag === ITEM_END && level !== root && level.end === undefined) {
        levels.pop();
        yield { kind: 'item-end', encoding: level.encoding };
      } else if (tag !== ITEM && window.uint32(start + 4, bigEndian) === 0) {
        yield { kind: 'warning', message: `A delimiter ${tagText(tag)} at byte ${start} ends nothing.` };
      } else {
        throw new ScanFault(`Byte ${start} has ${tagText(tag)} outside a sequence.`);
      }
      continue;
    }
    if (tag === 0 && level === root && (yield* onlyZeros(window, position))) {
      const message = `The file is filled up with zeros from byte ${position}.`;
      yield { kind: 'warning', message, dataSetEnd: position };
      return;
    }

    if (level.encoding.explicit && !window.has(start, 12) && hasLongLength(vrAt(window, start + 4))) yield* require(12);
    const { vr, length, headerBytes } = readLength(window, start, level);
    position += headerBytes;

    count();
    if (tag === PIXEL_DATA && vr === 'SQ')
      throw new ScanFault(`The pixel data at byte ${start} is a sequence of items.`);
    if (length === UNDEFINED_LENGTH && isFragmented(tag, vr)) {
      yield { kind: 'encapsulated', tag, vr, encoding: level.encoding, offset: position };
      position = yield* walkFragments(window, { position, level });
    } else if (
      length === UNDEFINED_LENGTH ||
      vr === 'SQ' ||
      (maySequence(tag, vr, length) && (yield* peek(4)) && startsItem(window, position))
    ) {
      if (levels.length >= 2 * MAX_DEPTH) throw new ScanFault(`Sequences are nested more than ${MAX_DEPTH} deep.`);
      const end = length === UNDEFINED_LENGTH ? undefined : position + length;
      const limit = within(end, level.limit, tag, start);
      const isUnknown = vr === 'UN';
      const isTurned = isUnknown && level.encoding.bigEndian && (yield* peek(4)) && startsItem(window, position, true);
      const itemEncoding = !isUnknown ? level.encoding : isTurned ? explicitBigEndian : implicitLittleEndian;
      levels.push({ kind: 'sequence', encoding: itemEncoding, end, limit, isUnknown });
      yield { kind: 'sequence', tag, vr, encoding: level.encoding, itemEncoding };
    } else {
      within(position + length, level.limit, tag, start);
      if (length <= options.presentBytes && tag !== PIXEL_DATA && !window.has(position, length)) yield* require(length);
      yield { kind: 'value', tag, vr, encoding: level.encoding, offset: position, byteCount: length };
      position += length;
    }
  }
}

const vrsByCode = new Map<number, string>();

function vrAt(window: ByteWindow, offset: number): string {
  const code = window.uint16(offset, true);
  let vr = vrsByCode.get(code);
  if (vr === undefined) vrsByCode.set(code, (vr = String.fromCharCode(code >> 8, code & 0xff)));
  return vr;
}

function readLength(
  window: ByteWindow,
  start: number,
  level: Level,
): { vr: string | undefined; length: number; headerBytes: number } {
  const { explicit, bigEndian } = level.encoding;
  const implicitLength = window.uint32(start + 4, bigEndian);
  if (!explicit) return { vr: undefined, length: implicitLength, headerBytes: 8 };
  const vr = vrAt(window, start + 4);
  if (hasLongLength(vr)) return { vr, length: window.uint32(start + 8, bigEndian), headerBytes: 12 };
  const short = { vr, length: window.uint16(start + 6, bigEndian), headerBytes: 8 };
  if (isKnownVr(vr) || /^[A-Z]{2}$/.test(vr)) return short;
  // No value representation: some writers fall into implicit VR in the middle of a data set, others put blanks.
  const fits = (length: number): boolean => level.limit === undefined || start + 8 + length <= level.limit;
  return !bigEndian && (fits(implicitLength) || !fits(short.length))
    ? { vr: undefined, length: implicitLength, headerBytes: 8 }
    : { ...short, vr: 'UN' };
}

function isFragmented(tag: number, vr: string | undefined): boolean {
  return tag === PIXEL_DATA || (vr !== undefined && vr !== 'SQ' && vr !== 'UN');
}

/** Implicit VR leaves it to the dictionary, whose tags some writers use for other values. */
function maySequence(tag: number, vr: string | undefined, length: number): boolean {
  return vr === undefined && length >= 8 && publicVr(tag) === 'SQ';
}

function startsItem(window: ByteWindow, offset: number, bigEndian = false): boolean {
  return window.uint16(offset, bigEndian) * 0x10000 + window.uint16(offset + 2, bigEndian) === ITEM;
}

/** Two letters after the first tag tell explicit VR. */
function itemEncodingAt(window: ByteWindow, offset: number, encoding: Encoding): Encoding {
  if (encoding.bigEndian || !isKnownVr(vrAt(window, offset + 4))) return encoding;
  return explicitLittleEndian;
}

function within(end: number | undefined, limit: number | undefined, tag: number, start: number): number | undefined {
  if (end === undefined) return limit;
  if (limit !== undefined && end > limit)
    throw new ScanFault(
      `The element ${tagText(tag)} at byte ${start} ends at byte ${end}, but what holds it ends at ${limit}; send the whole file.`,
    );
  return end;
}

function* walkFragments(
  window: ByteWindow,
  { position, level }: { position: number; level: Level },
): Generator<Token, number, boolean> {
  const { bigEndian } = level.encoding;
  for (;;) {
    if (!window.has(position, 8) && !(yield { kind: 'need', offset: position, byteCount: 8 })) {
      if (window.end !== position)
        throw new ScanFault(`The data ends within the pixel data, at byte ${position}; send the whole file.`);
      yield { kind: 'warning', message: 'The pixel data has no Sequence Delimitation Item.' };
      yield { kind: 'encapsulated-end', offset: position };
      return position;
    }
    const tag = window.uint16(position, bigEndian) * 0x10000 + window.uint16(position + 2, bigEndian);
    const byteCount = window.uint32(position + 4, bigEndian);
    if (tag === SEQUENCE_END) {
      yield { kind: 'encapsulated-end', offset: position + 8 };
      return position + 8;
    }
    if (tag !== ITEM || byteCount === UNDEFINED_LENGTH)
      throw new ScanFault(`Byte ${position} has ${tagText(tag)} where a fragment of the pixel data has to begin.`);
    within(position + 8 + byteCount, level.limit, tag, position);
    yield { kind: 'fragment', offset: position + 8, byteCount };
    position += 8 + byteCount;
  }
}

/** True when there is nothing but zeros up to the end of the data; false when something follows within 4 KB. */
function* onlyZeros(window: ByteWindow, from: number): Generator<Token, boolean, boolean> {
  if (window.end === undefined) return false;
  for (let position = from; position < window.end; position += 4096) {
    const byteCount = Math.min(4096, window.end - position);
    if (!window.has(position, byteCount) && !(yield { kind: 'need', offset: position, byteCount })) return false;
    if (!window.bytes(position, byteCount).some((byte) => byte !== 0)) continue;
    // The window has moved on: what begins at `from` cannot be read as an element any more.
    if (position > from) throw new ScanFault(`Byte ${from} has thousands of zeros where an element has to begin.`);
    return false;
  }
  return true;
}

/** Runs the walker over a window that has to be filled. */
export async function driveWalk(
  window: ByteWindow,
  options: WalkOptions & { onToken: (token: Exclude<Token, { kind: 'need' }>) => void },
): Promise<void> {
  const walk = walkDataSet(window, options);
  let step = walk.next(true);
  while (!step.done) {
    const token = step.value;
    if (token.kind === 'need') {
      step = walk.next(await window.fill(token.offset, token.byteCount));
    } else {
      options.onToken(token);
      step = walk.next(true);
    }
  }
}
