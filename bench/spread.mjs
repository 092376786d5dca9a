// What a list of measurements comes to.
import { median } from './server.mjs';

export const sum = (values) => values.reduce((total, value) => total + value, 0);
/** 0 of nothing. */
export const mean = (values) => sum(values) / Math.max(1, values.length);
/** Four digits that count. */
export const round = (value) => Number(value.toPrecision(4));

export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const p95 = sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)];
  return {
    count: values.length,
    median: round(median(values)),
    p95: round(p95),
    least: round(sorted[0]),
    most: round(sorted.at(-1)),
  };
}
