import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../base/worker-url.js';

/**
 * Transactions are short-lived and large: collected often, they do not pile up. The old generation needs a twentieth of this; below 2 GB
 * V8 lets garbage grow to less than what lives instead of to three times as much.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 1024 };

let ahead: Worker | undefined;

/**
 * Starts the thread that the next embedded chain of this process gets, so that its EVM is loaded while the caller loads other things.
 * It keeps no process alive, and does nothing until a chain is opened.
 */
export function loadChainThread(): void {
  ahead ??= startChainThread();
  ahead.unref();
}

/** A thread that waits for its `WorkerOptions`, then has a chain: the one that was loaded ahead, or a new one. */
export function takeChainThread(): Worker {
  const thread = ahead ?? startChainThread();
  ahead = undefined;
  thread.ref();
  return thread;
}

const startChainThread = (): Worker =>
  new Worker(workerUrl(import.meta.url, 'worker.js'), { resourceLimits: RESOURCE_LIMITS });
