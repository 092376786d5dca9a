import jstat from 'jstat';

const { jStat } = jstat;

export interface Comparison {
  n: number;
  /** Null where there are too few pairs. */
  t: number | null;
  p: number | null;
  pcc: number | null;
}

export const mean = (values: readonly number[]): number => jStat.mean(values);
export const total = (values: readonly number[]): number => jStat.sum(values);
/** Of a sample; 0 of a single value. */
export const deviation = (values: readonly number[]): number => (values.length < 2 ? 0 : jStat.stdev(values, true));

/** Paired two-sample t-test, two-sided, and Pearson's correlation coefficient; null where there are too few pairs. */
export function comparePairs(xs: readonly number[], ys: readonly number[]): Comparison {
  const n = xs.length;
  if (n < 3) return { n, t: null, p: null, pcc: null };
  const differences = xs.map((x, i) => x - ys[i]!);
  const t = jStat.tscore(0, differences);
  return { n, t: Math.abs(t), p: jStat.ttest(0, differences, 2), pcc: jStat.corrcoeff(xs, ys) };
}
