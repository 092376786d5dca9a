/** What a list of measurements comes to. */
export interface Spread {
  count: number;
  median: number;
  p95: number;
  least: number;
  most: number;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** 0 of nothing. */
export const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);

/** A value that was measured: the upper of the two in the middle of an even number. NaN of nothing. */
export const median = (values: readonly number[]): number => inOrder(values)[Math.floor(values.length / 2)] ?? NaN;

/** The mean of the two in the middle of an even number. NaN of nothing. */
export const interpolatedMedian = (values: readonly number[]): number => (median(values) + quantile(values, 0.5)) / 2;

/** The smallest value that so large a part of the values (0 to 1) does not exceed. NaN of nothing. */
export const quantile = (values: readonly number[], part: number): number =>
  inOrder(values)[Math.min(values.length - 1, Math.max(0, Math.ceil(part * values.length) - 1))] ?? NaN;

/** Four digits that count. */
export const round = (value: number): number => Number(value.toPrecision(4));

/** Median, 95th percentile and extremes, each with four digits that count. */
export function spread(values: readonly number[]): Spread {
  return {
    count: values.length,
    median: round(median(values)),
    p95: round(quantile(values, 0.95)),
    least: round(Math.min(...values)),
    most: round(Math.max(...values)),
  };
}

const inOrder = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
