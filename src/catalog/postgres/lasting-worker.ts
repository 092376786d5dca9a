import type { Worker } from 'node:worker_threads';

/** A thread in whose place another one begins when it has ended. */
export interface LastingWorker {
  /** That of now; undefined when it has ended too often. */
  readonly current: Worker | undefined;
  close(): Promise<void>;
}

/** Is told of each end, after another one has begun, or with `isReplaced` false when there were too many. */
export type LastingWorkerEnd = (cause: unknown, isReplaced: boolean) => void;

/** After so many ends within so long it is left at that: another one would end too. */
const MOST_ENDS = 5;
const WITHIN_MS = 600_000;

/** Starts a thread, and another one each time it ends, five times within ten minutes at most. */
export function startLastingWorker({ start, onEnd }: { start: () => Worker; onEnd: LastingWorkerEnd }): LastingWorker {
  let current: Worker | undefined;
  let isClosed = false;
  let ends: number[] = [];

  const begin = (): void => {
    const worker = start();
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.once('exit', (code) => {
      if (isClosed) return;
      current = undefined;
      const now = performance.now();
      ends = [...ends.filter((at) => now - at < WITHIN_MS), now];
      const isReplaced = ends.length <= MOST_ENDS;
      if (isReplaced) begin();
      onEnd(cause ?? new Error(`The thread has ended with ${code}.`), isReplaced);
    });
    current = worker;
  };
  begin();

  return {
    get current() {
      return current;
    },
    close: async () => {
      isClosed = true;
      await current?.terminate();
    },
  };
}
