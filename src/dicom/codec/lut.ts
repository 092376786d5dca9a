import { asBuffer } from '../data-set/as-buffer.js';
import { elementOf, signedWordOf, wordOf } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import { swapped } from '../data-set/encoding.js';
import { itemAt, type Place } from '../data-set/place.js';
import { wordsOf } from './samples.js';

/** A look-up table: stored value → entry (PS3.3 §C.11.1.1). */
export interface Lut {
  /**
   * The stored value of the first entry. Lower values take the first entry too; values beyond the last entry take the
   * last.
   */
  firstMapped: number;
  /** Bits of an entry. */
  bits: number;
  values: Uint16Array;
}

export function lookUp({ firstMapped, values }: Lut, value: number): number {
  const index = Math.round(value) - firstMapped;
  return values[index <= 0 ? 0 : index >= values.length ? values.length - 1 : index] ?? 0;
}

/** Entries as stored: little endian words, or single bytes when there are only so many (PS3.3 §C.7.6.3.1.5). */
export function lutValues(bytes: Buffer, entryCount: number): Uint16Array {
  const areBytes = bytes.length < 2 * entryCount && bytes.length >= entryCount && entryCount > 1;
  return areBytes ? Uint16Array.from(bytes.subarray(0, entryCount)) : wordsOf(bytes).subarray(0, entryCount);
}

/**
 * The `entryCount` entries of a segmented palette (PS3.3 §C.7.9.2): discrete, linear and indirect segments, of bytes
 * where an entry has 8 bits (as in the palettes of PS3.6 §B), else of little endian words. Undefined when the segments do
 * not make sense or make more entries than the descriptor announces.
 */
export function expandSegments(
  bytes: Buffer,
  { entryCount, bits }: { entryCount: number; bits: number },
): Uint16Array | undefined {
  const ofBytes = bits <= 8 ? expand(bytes, entryCount) : undefined;
  if (ofBytes?.length === entryCount) return ofBytes;
  // Entries of 8 bits may stand in words, as those of whole palettes do.
  return expand(wordsOf(bytes), entryCount) ?? ofBytes;
}

function expand(segments: Uint8Array | Uint16Array, entryCount: number): Uint16Array | undefined {
  const values: number[] = [];
  const unitBytes = segments.BYTES_PER_ELEMENT;
  const offsetUnits = 4 / unitBytes;
  const run = (from: number, segmentCount: number, nested: boolean): boolean => {
    let at = from;
    for (let segment = 0; segment < segmentCount && at < segments.length; segment++) {
      const opcode = segments[at] ?? 0;
      const length = segments[at + 1] ?? 0;
      const last = values.at(-1);
      if (opcode === 0) {
        values.push(...segments.subarray(at + 2, at + 2 + length));
        at += 2 + length;
      } else if (opcode === 1 && last !== undefined) {
        const end = segments[at + 2] ?? last;
        for (let step = 1; step <= length; step++) values.push(Math.round(last + ((end - last) * step) / length));
        at += 3;
      } else if (opcode === 2 && !nested) {
        let offset = 0;
        for (let unit = offsetUnits; unit >= 1; unit--)
          offset = offset * 2 ** (8 * unitBytes) + (segments[at + 1 + unit] ?? 0);
        if (!run(Math.floor(offset / unitBytes), length, true)) return false;
        at += 2 + offsetUnits;
      } else return false;
      if (values.length > entryCount) return false;
    }
    return true;
  };
  return run(0, Infinity, false) && values.length > 0 ? Uint16Array.from(values) : undefined;
}

/** A palette: one table for each colour (PS3.3 §C.7.9). */
export interface Palette {
  red: Lut;
  green: Lut;
  blue: Lut;
}

interface LutContext {
  /** Values that the header left out, by path, in little endian. */
  bulk: Record<string, Uint8Array>;
  /** How to read the first mapped value where the encoding does not tell. */
  signed: boolean;
}

const LUT_DESCRIPTOR = 0x00283002;
const LUT_DATA = 0x00283006;

/** The table in the first item of a sequence (PS3.3 §C.11.1, §C.11.2); undefined where there is none that makes sense. */
export function sequenceLut(place: Place, sequence: number, context: LutContext): Lut | undefined {
  const item = itemAt(place, sequence);
  return item && readLut(item, { descriptor: LUT_DESCRIPTOR, data: LUT_DATA }, context);
}

/** Red, Green and Blue Palette Color Lookup Table, whole or in segments; undefined unless all three make sense. */
export function paletteLuts(top: Place, context: LutContext): Palette | undefined {
  const [red, green, blue] = [1, 2, 3].map((colour) =>
    readLut(
      top,
      { descriptor: 0x00281100 + colour, data: 0x00281200 + colour, segments: 0x00281220 + colour },
      context,
    ),
  );
  return red && green && blue ? { red, green, blue } : undefined;
}

function readLut(
  place: Place,
  tags: { descriptor: number; data: number; segments?: number },
  { bulk, signed }: LutContext,
): Lut | undefined {
  const { dataSet } = place;
  const declaredVr = elementOf(dataSet, tags.descriptor)?.declaredVr;
  const entryCount = wordOf(dataSet, tags.descriptor, 0) || 0x10000;
  const firstIsSigned = declaredVr === 'SS' || (declaredVr === undefined && signed);
  const firstMapped = (firstIsSigned ? signedWordOf : wordOf)(dataSet, tags.descriptor, 1);
  const bits = wordOf(dataSet, tags.descriptor, 2);
  if (firstMapped === undefined || bits === undefined) return undefined;
  const data = wordBytes(place, tags.data, bulk);
  const segments = tags.segments === undefined ? undefined : wordBytes(place, tags.segments, bulk);
  const values = data ? lutValues(data, entryCount) : segments && expandSegments(segments, { entryCount, bits });
  if (values === undefined || values.length === 0) return undefined;
  return { firstMapped, bits: Math.min(Math.max(bits, 1), 16), values };
}

/** 16-bit words in little endian: from the header, or from `bulk` when it left them out. Undefined when there are none. */
function wordBytes({ dataSet, path }: Place, tag: number, bulk: Record<string, Uint8Array>): Buffer | undefined {
  const leftOut = bulk[path + tagHex(tag)];
  if (leftOut !== undefined) return asBuffer(leftOut);
  const element = elementOf(dataSet, tag);
  if (element === undefined || element.value.length === 0) return undefined;
  return element.bigEndian ? swapped(element.value, 2) : element.value;
}
