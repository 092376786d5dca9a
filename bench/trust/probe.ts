import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Asks a server for `/healthz` all the time, in a thread of its own; `stop` gives the milliseconds of each answer. */
export function startProbe(url: string): { stop(): Promise<number[]> } {
  const worker = new Worker(new URL('probe-worker.js', import.meta.url), { workerData: url });
  return {
    stop: async () => {
      const posted = once(worker, 'message') as Promise<[number[]]>;
      worker.postMessage('stop');
      const [milliseconds] = await posted;
      await worker.terminate();
      return milliseconds;
    },
  };
}
