/** Starts a clock; each call of what it returns gives the milliseconds since. */
export function startClock(): () => number {
  const begun = performance.now();
  return () => performance.now() - begun;
}
