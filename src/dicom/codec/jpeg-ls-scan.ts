import { jpegLsBits } from './jpeg-ls-bits.js';
import type { JpegLsModel } from './jpeg-ls-model.js';

/** Lengths of runs as powers of two, by run index (ISO 14495-1 §A.2.1, J). */
const RUN_BITS = Uint8Array.from(
  [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7].concat([8, 9, 10, 11, 12, 13, 14, 15]),
);

/** Regular contexts 0–364; two for what ends a run: 365 where the neighbours differ, 366 where they are alike. */
const CONTEXT_COUNT = 367;
const FIRST_RUN_CONTEXT = 365;

/** A line with a neighbour on each side: of one component, or of several coded sample by sample, by pixel. */
export type Line = Int32Array;

/** What decoding one line leaves to the next. Plain, for functions that V8 compiles once for all scans. */
export interface JpegLsScan {
  model: JpegLsModel;
  /** ISO 14495-1 §9.1, without stuffed bits, from the highest of each word on. */
  words: Int32Array;
  bitCount: number;
  /** Of the next bit. */
  position: number;
  /** By context: the sums of errors' magnitudes and of errors, the correction of the prediction, how often it was met. */
  A: Int32Array;
  B: Int32Array;
  C: Int32Array;
  N: Int32Array;
  /** Of the run contexts: how many errors were negative. */
  negatives: Int32Array;
  /** By component. */
  runIndexes: Int32Array;
  /** Where the marker after the scan begins. */
  end: number;
}

/** The scan whose bits begin at `offset`. */
export function createJpegLsScan(bytes: Uint8Array, offset: number, model: JpegLsModel): JpegLsScan {
  return {
    model,
    ...jpegLsBits(bytes, offset),
    position: 0,
    A: new Int32Array(CONTEXT_COUNT).fill(model.start),
    B: new Int32Array(CONTEXT_COUNT),
    C: new Int32Array(CONTEXT_COUNT),
    N: new Int32Array(CONTEXT_COUNT).fill(1),
    negatives: new Int32Array(CONTEXT_COUNT),
    runIndexes: new Int32Array(4),
  };
}

/**
 * The next line from the one above (ISO 14495-1 annex A); `stride` is how many samples a pixel has in it. Throws where
 * the data end or make no sense. Most of the time of a picture is spent here: hence one loop over local variables with few
 * branches, and signs applied by masks, since a product of 0 and −1 is no integer to V8.
 */
export function decodeJpegLsLine(
  scan: JpegLsScan,
  { above, line, stride, component }: { above: Line; line: Line; stride: number; component: number },
): void {
  const { words, bitCount, A, B, C, N } = scan;
  const { near, maximum, reset, step, range, errorBits, limit, quantized } = scan.model;
  const span = range * step;
  const full = limit - errorBits - 1;
  const end = line.length - stride;
  for (let sample = 0; sample < stride; sample++) {
    line[sample] = above[stride + sample]!;
    above[end + sample] = above[end - stride + sample]!;
  }
  let { position } = scan;
  for (let at = stride; at < end;) {
    let signed = contextAt(at, { above, line, stride, quantized, maximum });
    if (signed === 0 && isFlat(at, { above, line, stride, quantized, maximum })) {
      scan.position = position;
      at = decodeRun(scan, { above, line, stride, component, at });
      ({ position } = scan);
      continue;
    }
    for (const next = at + stride; ;) {
      const a = line[at - stride]!;
      const b = above[at]!;
      const c = above[at - stride]!;
      const mask = signed >> 31;
      const q = (signed ^ mask) - mask;
      let predicted = larger(smaller(a, b), smaller(larger(a, b), a + b - c)) + ((C[q]! ^ mask) - mask);
      if (predicted < 0) predicted = 0;
      else if (predicted > maximum) predicted = maximum;

      let n = N[q]!;
      const k = golombParameter(n, A[q]!);
      const shift = position & 31;
      const word = (words[position >>> 5]! << shift) | ((words[(position >>> 5) + 1]! >>> 1) >>> (31 - shift));
      const zeros = Math.clz32(word);
      let mapped: number;
      if (zeros < full && zeros + k < 31) {
        mapped = (zeros << k) | (((word << (zeros + 1)) >>> 1) >>> (31 - k));
        position += zeros + 1 + k;
        if (position > bitCount) throw endsTooEarly();
      } else {
        scan.position = position;
        mapped = readMapped(scan, k, limit);
        ({ position } = scan);
      }
      let error = (mapped >>> 1) ^ -(mapped & 1);
      let sum = B[q]!;
      if (near === 0 && k === 0 && 2 * sum <= -n) error = ~error;

      // ISO 14495-1 §A.6.
      sum += error * step;
      let magnitudes = A[q]! + ((error ^ (error >> 31)) - (error >> 31));
      if (n === reset) {
        magnitudes >>= 1;
        sum >>= 1;
        n >>= 1;
      }
      A[q] = magnitudes;
      N[q] = ++n;
      if (sum <= -n) {
        sum += n;
        if (sum < 1 - n) sum = 1 - n;
        if (C[q]! > -128) C[q]!--;
      } else if (sum > 0) {
        sum -= n;
        if (sum > 0) sum = 0;
        if (C[q]! < 127) C[q]!++;
      }
      B[q] = sum;

      let value = predicted + ((error ^ mask) - mask) * step;
      if (value < -near) value += span;
      else if (value > maximum + near) value -= span;
      line[at] = value < 0 ? 0 : value > maximum ? maximum : value;
      if (++at === next) break;
      signed = contextAt(at, { above, line, stride, quantized, maximum });
    }
  }
  scan.position = position;
}

interface Surroundings {
  above: Line;
  line: Line;
  stride: number;
  quantized: Int8Array;
  maximum: number;
}

/** ISO 14495-1 §A.3.4, before its sign is taken away. */
function contextAt(at: number, { above, line, stride, quantized, maximum }: Surroundings): number {
  const b = above[at]! + maximum;
  const c = above[at - stride]!;
  return (
    81 * quantized[above[at + stride]! - b + 2 * maximum]! +
    9 * quantized[b - c]! +
    quantized[c - line[at - stride]! + maximum]!
  );
}

/** Whether the other samples of the pixel have the context 0 too. */
function isFlat(at: number, surroundings: Surroundings): boolean {
  for (let sample = 1; sample < surroundings.stride; sample++)
    if (contextAt(at + sample, surroundings) !== 0) return false;
  return true;
}

/** A run and the pixel that ends it (ISO 14495-1 §A.7). Returns where the next pixel is. */
function decodeRun(
  scan: JpegLsScan,
  { above, line, stride, component, at }: { above: Line; line: Line; stride: number; component: number; at: number },
): number {
  const { runIndexes } = scan;
  const end = line.length - stride;
  const stop = at + stride * runLength(scan, (end - at) / stride, component);
  for (; at < stop; at++) line[at] = line[at - stride]!;
  if (at >= end) return end;
  for (const next = at + stride; at < next; at++) {
    const areAlike = stride === 1 && Math.abs(line[at - 1]! - above[at]!) <= scan.model.near;
    line[at] = interruption(scan, line[at - stride]!, above[at]!, { runIndex: runIndexes[component]!, areAlike });
  }
  if (runIndexes[component]! > 0) runIndexes[component]!--;
  return at;
}

/** How many pixels of at most `room` a run has; it was interrupted when that is less than `room`. */
function runLength(scan: JpegLsScan, room: number, component: number): number {
  const { runIndexes } = scan;
  let length = 0;
  while (read(scan, 1) === 1) {
    const whole = 1 << RUN_BITS[runIndexes[component]!]!;
    const count = Math.min(whole, room - length);
    length += count;
    if (count === whole && runIndexes[component]! < 31) runIndexes[component]!++;
    if (length === room) return length;
  }
  length += read(scan, RUN_BITS[runIndexes[component]!]!);
  if (length >= room) throw new Error('a run is longer than its line');
  return length;
}

/** The sample that ends a run (ISO 14495-1 §A.7.2). */
function interruption(
  scan: JpegLsScan,
  a: number,
  b: number,
  { runIndex, areAlike }: { runIndex: number; areAlike: boolean },
): number {
  const { A, N, negatives, model } = scan;
  const { near, maximum, step, range } = model;
  const type = areAlike ? 1 : 0;
  const q = FIRST_RUN_CONTEXT + type;
  const k = golombParameter(N[q]!, areAlike ? A[q]! + (N[q]! >> 1) : A[q]!);
  const mapped = readMapped(scan, k, model.limit - RUN_BITS[runIndex]! - 1);
  const doubled = mapped + type;
  const odd = (doubled & 1) === 1;
  const magnitude = (doubled + (odd ? 1 : 0)) >> 1;
  const error = (k !== 0 || 2 * negatives[q]! >= N[q]!) === odd ? -magnitude : magnitude;
  if (error < 0) negatives[q]!++;
  A[q]! += (mapped + 1 - type) >> 1;
  if (N[q] === model.reset) {
    A[q]! >>= 1;
    N[q] >>= 1;
    negatives[q]! >>= 1;
  }
  N[q]!++;
  let value = areAlike ? a + error * step : b + (a > b ? -error : error) * step;
  if (value < -near) value += range * step;
  else if (value > maximum + near) value -= range * step;
  return value < 0 ? 0 : value > maximum ? maximum : value;
}

/** The least k, at most 24, for which `count` shifted by it is not below `sum` (ISO 14495-1 §A.5.1). */
function golombParameter(count: number, sum: number): number {
  if (sum <= count) return 0;
  const k = Math.clz32(count) - Math.clz32(sum);
  return smaller(24, k + (((count << k) - sum) >>> 31));
}

/** Of two integers whose difference has 31 bits; without a branch, which a processor would guess wrongly half of the time. */
function smaller(one: number, other: number): number {
  return other ^ ((one ^ other) & ((one - other) >> 31));
}

function larger(one: number, other: number): number {
  return one ^ ((one ^ other) & ((one - other) >> 31));
}

/** A mapped error in Golomb's code of at most `longest` bits (ISO 14495-1 §A.5.3). */
function readMapped(scan: JpegLsScan, k: number, longest: number): number {
  const { errorBits } = scan.model;
  const full = longest - errorBits - 1;
  const zeros = readZeros(scan);
  if (zeros < full) return (zeros << k) + read(scan, k);
  if (zeros > full) throw new Error('a code word is too long');
  return read(scan, errorBits) + 1;
}

/** `count` bits, from 0 to 24. */
function read(scan: JpegLsScan, count: number): number {
  const value = (peek(scan) >>> 1) >>> (31 - count);
  skip(scan, count);
  return value;
}

/** How many zeros come before the next one, which is read too. */
function readZeros(scan: JpegLsScan): number {
  for (let zeros = 0; ; zeros += 32) {
    const here = Math.clz32(peek(scan));
    if (here < 32) {
      skip(scan, here + 1);
      return zeros + here;
    }
    skip(scan, 32);
  }
}

/** The next 32 bits, which stay to be read. */
function peek({ words, position }: JpegLsScan): number {
  const at = position >>> 5;
  const shift = position & 31;
  return (words[at]! << shift) | ((words[at + 1]! >>> 1) >>> (31 - shift));
}

function skip(scan: JpegLsScan, count: number): void {
  scan.position += count;
  if (scan.position > scan.bitCount) throw endsTooEarly();
}

function endsTooEarly(): Error {
  return new Error('the scan ends too early');
}
