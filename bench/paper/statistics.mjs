import jstat from 'jstat';

const { jStat } = jstat;

export const mean = (values) => jStat.mean(values);
export const total = (values) => jStat.sum(values);
export const median = (values) => jStat.median(values);
/** Of a sample; 0 of a single value. */
export const deviation = (values) => (values.length < 2 ? 0 : jStat.stdev(values, true));
/** The smallest value that so large a part of the values does not exceed. */
export const percentile = (values, part) => values.toSorted((a, b) => a - b)[Math.ceil(part * values.length) - 1];

/** Paired two-sample t-test, two-sided, and Pearson's correlation coefficient; null where there are too few pairs. */
export function comparePairs(xs, ys) {
  const n = xs.length;
  if (n < 3) return { n, t: null, p: null, pcc: null };
  const differences = xs.map((x, i) => x - ys[i]);
  const t = jStat.tscore(0, differences);
  return { n, t: Math.abs(t), p: jStat.ttest(0, differences, 2), pcc: jStat.corrcoeff(xs, ys) };
}
