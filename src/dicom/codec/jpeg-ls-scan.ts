import { jpegLsBits } from './jpeg-ls-bits.js';
import type { JpegLsModel } from './jpeg-ls-model.js';

/** Lengths of runs as powers of two, by run index (ISO 14495-1 §A.2.1, J). */
const RUN_BITS = Uint8Array.from(
  [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7].concat([8, 9, 10, 11, 12, 13, 14, 15]),
);

/** Regular contexts 0–364; two for what ends a run: 365 where the neighbours differ, 366 where they are alike. */
const CONTEXT_COUNT = 367;
const FIRST_RUN_CONTEXT = 365;

/** A line of one component with a neighbour on each side: the first sample is at index 1. */
export type Line = Int32Array;

export interface JpegLsScan {
  /** The next line of the component, from the one above. `runIndex` is the component's own. */
  line(above: Line, line: Line, component: number): void;
  /** The next line of components coded sample by sample. */
  lines(above: readonly Line[], lines: readonly Line[]): void;
  /** Where the marker after the scan begins. */
  end(): number;
}

/** Decodes the lines of one scan from `offset` on (ISO 14495-1 annex A). Throws where the data end or make no sense. */
export function decodeJpegLsScan(bytes: Uint8Array, offset: number, model: JpegLsModel): JpegLsScan {
  const { near, maximum, reset, step, range, errorBits, limit, quantized } = model;
  const { read, readZeros, end } = jpegLsBits(bytes, offset);
  const A = new Int32Array(CONTEXT_COUNT).fill(model.start);
  const B = new Int32Array(CONTEXT_COUNT);
  const C = new Int32Array(CONTEXT_COUNT);
  const N = new Int32Array(CONTEXT_COUNT).fill(1);
  /** Of the run contexts: how many errors were negative. */
  const negatives = new Int32Array(CONTEXT_COUNT);
  const runIndexes = new Int32Array(4);
  const span = range * step;

  const contextOf = (a: number, b: number, c: number, d: number): number =>
    81 * (quantized[d - b + maximum] ?? 0) + 9 * (quantized[b - c + maximum] ?? 0) + (quantized[c - a + maximum] ?? 0);

  const mappedError = (k: number, longest: number): number => {
    const zeros = readZeros();
    const full = longest - errorBits - 1;
    if (zeros < full) return (zeros << k) + read(k);
    if (zeros > full) throw new Error('a code word is too long');
    return read(errorBits) + 1;
  };

  const reconstruct = (predicted: number, error: number): number => {
    let value = predicted + error * step;
    if (value < -near) value += span;
    else if (value > maximum + near) value -= span;
    return value < 0 ? 0 : value > maximum ? maximum : value;
  };

  const regular = (signed: number, a: number, b: number, c: number): number => {
    const sign = signed < 0 ? -1 : 1;
    const q = signed < 0 ? -signed : signed;
    const high = a > b ? a : b;
    const low = a > b ? b : a;
    let predicted = (c >= high ? low : c <= low ? high : a + b - c) + sign * C[q]!;
    if (predicted < 0) predicted = 0;
    else if (predicted > maximum) predicted = maximum;
    let k = 0;
    while (N[q]! << k < A[q]! && k < 24) k++;
    const mapped = mappedError(k, limit);
    const turned = near === 0 && k === 0 && 2 * B[q]! <= -N[q]!;
    let error = (mapped & 1) === 0 ? mapped >> 1 : -((mapped + 1) >> 1);
    if (turned) error = -error - 1;
    adapt(q, error);
    return reconstruct(predicted, sign * error);
  };

  /** ISO 14495-1 §A.6. */
  const adapt = (q: number, error: number): void => {
    let b = B[q]! + error * step;
    let n = N[q]!;
    A[q]! += error < 0 ? -error : error;
    if (n === reset) {
      A[q]! >>= 1;
      b >>= 1;
      n >>= 1;
    }
    N[q] = ++n;
    if (b <= -n) {
      b = Math.max(b + n, 1 - n);
      if (C[q]! > -128) C[q]!--;
    } else if (b > 0) {
      b = Math.min(b - n, 0);
      if (C[q]! < 127) C[q]!++;
    }
    B[q] = b;
  };

  /** The sample that ends a run (ISO 14495-1 §A.7.2). */
  const interruption = (a: number, b: number, runIndex: number, areAlike: boolean): number => {
    const type = areAlike ? 1 : 0;
    const q = FIRST_RUN_CONTEXT + type;
    const size = areAlike ? A[q]! + (N[q]! >> 1) : A[q]!;
    let k = 0;
    while (N[q]! << k < size && k < 24) k++;
    const mapped = mappedError(k, limit - RUN_BITS[runIndex]! - 1);
    const doubled = mapped + type;
    const odd = (doubled & 1) === 1;
    const magnitude = (doubled + (odd ? 1 : 0)) >> 1;
    const error = (k !== 0 || 2 * negatives[q]! >= N[q]!) === odd ? -magnitude : magnitude;
    if (error < 0) negatives[q]!++;
    A[q]! += (mapped + 1 - type) >> 1;
    if (N[q] === reset) {
      A[q]! >>= 1;
      N[q] >>= 1;
      negatives[q]! >>= 1;
    }
    N[q]!++;
    if (areAlike) return reconstruct(a, error);
    return reconstruct(b, a > b ? -error : error);
  };

  /** How many samples of at most `room` a run has; it was interrupted when that is less than `room`. */
  const runLength = (room: number, component: number): number => {
    let length = 0;
    while (read(1) === 1) {
      const whole = 1 << RUN_BITS[runIndexes[component]!]!;
      const count = Math.min(whole, room - length);
      length += count;
      if (count === whole && runIndexes[component]! < 31) runIndexes[component]!++;
      if (length === room) return length;
    }
    length += read(RUN_BITS[runIndexes[component]!]!);
    if (length >= room) throw new Error('a run is longer than its line');
    return length;
  };

  return {
    end,
    line: (above, line, component) => {
      const last = line.length - 2;
      line[0] = above[1]!;
      above[last + 1] = above[last]!;
      for (let x = 1; x <= last; x++) {
        const a = line[x - 1]!;
        const b = above[x]!;
        const c = above[x - 1]!;
        const context = contextOf(a, b, c, above[x + 1]!);
        if (context !== 0) {
          line[x] = regular(context, a, b, c);
          continue;
        }
        const length = runLength(last - x + 1, component);
        line.fill(a, x, x + length);
        x += length;
        if (x > last) break;
        const runIndex = runIndexes[component]!;
        const upper = above[x]!;
        line[x] = interruption(a, upper, runIndex, Math.abs(a - upper) <= near);
        if (runIndex > 0) runIndexes[component]!--;
      }
    },
    lines: (above, lines) => {
      const last = lines[0]!.length - 2;
      lines.forEach((line, index) => {
        line[0] = above[index]![1]!;
        above[index]![last + 1] = above[index]![last]!;
      });
      const contexts = lines.map(() => 0);
      for (let x = 1; x <= last; x++) {
        let isRun = true;
        for (let index = 0; index < lines.length; index++) {
          const upper = above[index]!;
          contexts[index] = contextOf(lines[index]![x - 1]!, upper[x]!, upper[x - 1]!, upper[x + 1]!);
          if (contexts[index] !== 0) isRun = false;
        }
        if (!isRun) {
          for (let index = 0; index < lines.length; index++) {
            const upper = above[index]!;
            lines[index]![x] = regular(contexts[index]!, lines[index]![x - 1]!, upper[x]!, upper[x - 1]!);
          }
          continue;
        }
        const length = runLength(last - x + 1, 0);
        for (const line of lines) line.fill(line[x - 1]!, x, x + length);
        x += length;
        if (x > last) break;
        for (let index = 0; index < lines.length; index++) {
          lines[index]![x] = interruption(lines[index]![x - 1]!, above[index]![x]!, runIndexes[0]!, false);
        }
        if (runIndexes[0]! > 0) runIndexes[0]!--;
      }
    },
  };
}
