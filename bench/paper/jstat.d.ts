declare module 'jstat' {
  const jstat: {
    jStat: {
      mean(values: readonly number[]): number;
      sum(values: readonly number[]): number;
      /** Of a sample when `ofSample`. */
      stdev(values: readonly number[], ofSample: boolean): number;
      tscore(value: number, values: readonly number[]): number;
      /** The p-value. */
      ttest(value: number, values: readonly number[], sides: 1 | 2): number;
      corrcoeff(xs: readonly number[], ys: readonly number[]): number;
    };
  };
  export default jstat;
}
