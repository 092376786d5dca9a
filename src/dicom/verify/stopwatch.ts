/** Counts time down while it goes. */
export interface Stopwatch {
  go(): void;
  pause(): void;
}

/** A stopwatch that is not going yet; calls `onEnd` when it has gone for `allowedMs`. */
export function createStopwatch({ allowedMs, onEnd }: { allowedMs: number; onEnd: () => void }): Stopwatch {
  let leftMs = allowedMs;
  let going: { since: number; timer: NodeJS.Timeout } | undefined;
  return {
    go: () => {
      going ??= { since: performance.now(), timer: setTimeout(onEnd, leftMs) };
    },
    pause: () => {
      if (!going) return;
      clearTimeout(going.timer);
      leftMs = Math.max(0, leftMs - (performance.now() - going.since));
      going = undefined;
    },
  };
}
