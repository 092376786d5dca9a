import { asBuffer } from '../data-set/as-buffer.js';
import { elementOf, signedWordOf, wordOf } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import { swapped } from '../data-set/encoding.js';
import { itemAt, type Place } from '../data-set/place.js';
import { expandSegments, lutValues, type Lut } from './lut.js';

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
