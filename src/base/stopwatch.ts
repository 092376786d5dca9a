/** Counts time down while it goes. */
export interface Stopwatch {
  go(): void;
  pause(): void;
}

/** Time is counted in steps of so much, each for what it is, however late it ends. */
const STEP_MS = 1_000;

/**
 * A stopwatch that is not going yet; calls `onEnd` when it has gone for `allowedMs`. Where the whole machine stands still, as a virtual one
 * does while its snapshot is taken, that counts for a second at most: nothing that was timed went on meanwhile.
 */
export function createStopwatch({ allowedMs, onEnd }: { allowedMs: number; onEnd: () => void }): Stopwatch {
  let leftMs = allowedMs;
  let going: { since: number; stepMs: number; timer: NodeJS.Timeout } | undefined;

  function begin(): void {
    const stepMs = Math.min(leftMs, STEP_MS);
    going = { since: performance.now(), stepMs, timer: setTimeout(() => end(stepMs), stepMs) };
  }

  function end(stepMs: number): void {
    leftMs -= stepMs;
    if (leftMs > 0) begin();
    else onEnd();
  }

  return {
    go: () => {
      if (!going) begin();
    },
    pause: () => {
      if (!going) return;
      clearTimeout(going.timer);
      leftMs = Math.max(0, leftMs - Math.min(performance.now() - going.since, going.stepMs));
      going = undefined;
    },
  };
}
