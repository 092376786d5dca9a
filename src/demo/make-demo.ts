import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../base/worker-url.js';
import { DEMO_STUDIES, type DemoStudy } from './demo-studies.js';
import type { MadeFiles } from './demo-worker.js';

/**
 * Gives each study of the demo to `take` as soon as it is made, in a thread that begins at once and keeps no process alive. Rejects when one
 * cannot be made or taken.
 */
export async function makeDemo(take: (study: DemoStudy, files: readonly Uint8Array[]) => Promise<void>): Promise<void> {
  const worker = new Worker(workerUrl(import.meta.url, 'demo-worker.js'));
  worker.unref();
  const taken: Promise<void>[] = [];
  worker.on('message', ({ index, files }: MadeFiles) => {
    const one = take(DEMO_STUDIES[index]!, files);
    one.catch(() => undefined);
    taken.push(one);
  });
  try {
    await once(worker, 'exit');
    await Promise.all(taken);
  } finally {
    await worker.terminate();
  }
}
