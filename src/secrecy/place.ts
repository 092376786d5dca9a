import { PATH_BITS, type Prefix } from './tree.js';

/** A prefix as numbers: its bits as two words of 32, of which those behind the depth are zero, and how many they are. */
export interface Place {
  high: number;
  low: number;
  depth: number;
}

const WORD_BITS = PATH_BITS / 2;

export function placeOf(prefix: Prefix): Place {
  const bits = prefix.padEnd(PATH_BITS, '0');
  const [high, low] = [bits.slice(0, WORD_BITS), bits.slice(WORD_BITS)];
  return { high: Number.parseInt(high, 2), low: Number.parseInt(low, 2), depth: prefix.length };
}

export function prefixOf({ high, low, depth }: Place): Prefix {
  return [high, low].map((word) => word.toString(2).padStart(WORD_BITS, '0')).join('').slice(0, depth); // prettier-ignore
}

/** Whether the depth is one, and nothing stands behind it. */
export function isPlace({ high, low, depth }: Place): boolean {
  if (depth > PATH_BITS) return false;
  if (depth > WORD_BITS) return depth === PATH_BITS || low << (depth - WORD_BITS) === 0;
  return low === 0 && (depth === WORD_BITS || high << depth === 0);
}

/** In the order of prefixes as text: a place comes right before all that is below it. */
export function comparePlaces(one: Place, other: Place): number {
  return one.high - other.high || one.low - other.low || one.depth - other.depth;
}

/** Whether a place is `upper`, or below it. */
export function isAtOrBelow(place: Place, upper: Place): boolean {
  return place.depth >= upper.depth && sharedBits(place, upper) >= upper.depth;
}

/** With how many of the same bits two places begin: 64 where they have none that differ, whatever their depths. */
export function sharedBits(one: Place, other: Place): number {
  const ofHigh = Math.clz32(one.high ^ other.high);
  return ofHigh < WORD_BITS ? ofHigh : WORD_BITS + Math.clz32(one.low ^ other.low);
}

/** The bit that leads from depth `at` of a place to the next. */
export function bitAt({ high, low }: Place, at: number): '0' | '1' {
  const bit = at < WORD_BITS ? (high >>> (WORD_BITS - 1 - at)) & 1 : (low >>> (PATH_BITS - 1 - at)) & 1;
  return bit === 0 ? '0' : '1';
}

/** The place one step below. */
export function childPlace({ high, low, depth }: Place, bit: '0' | '1'): Place {
  if (bit === '0') return { high, low, depth: depth + 1 };
  return depth < WORD_BITS
    ? { high: (high | (1 << (WORD_BITS - 1 - depth))) >>> 0, low, depth: depth + 1 }
    : { high, low: (low | (1 << (PATH_BITS - 1 - depth))) >>> 0, depth: depth + 1 };
}
