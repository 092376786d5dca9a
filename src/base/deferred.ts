/** A promise that is settled from outside; nobody has to listen to its failure. */
export interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** Many wait for the next of something that happens again and again. */
export function wakers(): { woken(): Promise<void>; wake(): void } {
  let waiting: (() => void)[] = [];
  return {
    woken: () => new Promise((resolve) => waiting.push(resolve)),
    wake: () => {
      const woken = waiting;
      waiting = [];
      woken.forEach((resolve) => resolve());
    },
  };
}
