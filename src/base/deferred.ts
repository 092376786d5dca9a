/** A promise that is settled from outside; nobody has to listen to its failure. */
export interface Deferred<T = void> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
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
