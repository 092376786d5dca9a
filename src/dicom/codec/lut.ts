import { wordsOf } from './samples.js';

/** A look-up table: stored value → entry (PS3.3 §C.11.1.1). */
export interface Lut {
  /** The input that the first entry is for; lower ones take it too, and those beyond the last take the last. */
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
