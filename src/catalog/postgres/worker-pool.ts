import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
import type { WorkerCall, WorkerMessage, WorkerSettings } from './catalog-worker.js';
import { receivedFailure } from './failure.js';
import { workerUrl } from '../../base/worker-url.js';

type Asked = Omit<WorkerCall, 'id'>;
type Told = Exclude<WorkerMessage, { id: number }>;

interface Task {
  call: WorkerCall;
  signal: AbortSignal | undefined;
  resolve: (answer: Answered) => void;
  reject: (error: unknown) => void;
}

/** A value, and the thread that has given it. */
interface Answered {
  value: unknown;
  thread: Thread;
}

interface Thread {
  worker: Worker;
  /** What waits for this thread alone: parts of an answer that it has begun. */
  own: Task[];
  current: Task | undefined;
}

/** Threads that do one thing after another, each for whoever comes next. */
export interface WorkerPool {
  call(asked: Asked, signal?: AbortSignal): Promise<unknown>;
  /** The values of an answer in parts; a thread gives some of them at a time. */
  each(asked: Asked): AsyncGenerator<unknown>;
  close(): Promise<void>;
}

interface Batch {
  values: unknown[];
  isDone: boolean;
}

export function openWorkerPool(settings: readonly WorkerSettings[], tell: (message: Told) => void): WorkerPool {
  let calls = 0;
  let isClosed = false;
  const queue: Task[] = [];
  const threads = settings.map((workerData): Thread => {
    const transferList = [workerData.connection.port, workerData.names.port];
    const worker = new Worker(workerUrl(import.meta.url, 'catalog-worker.js'), { workerData, transferList });
    const thread: Thread = { worker, own: [], current: undefined };
    worker.on('message', (message: WorkerMessage) => receive(thread, message));
    worker.on('error', (error) => fail(thread, error));
    return thread;
  });

  const proceed = (): void => {
    for (const thread of threads) {
      if (thread.current) continue;
      const task = thread.own.shift() ?? queue.shift();
      if (!task) continue;
      if (task.signal?.aborted) {
        task.reject(task.signal.reason);
        proceed();
        return;
      }
      thread.current = task;
      thread.worker.postMessage(task.call);
    }
  };
  const receive = (thread: Thread, message: WorkerMessage): void => {
    if (message.kind === 'log' || message.kind === 'standby') return tell(message);
    const task = thread.current;
    thread.current = undefined;
    if (message.kind === 'value') task?.resolve({ value: message.value, thread });
    else task?.reject(receivedFailure(message.failure));
    proceed();
  };
  /** A thread that has ended takes its part of the catalogue with it. */
  const fail = (thread: Thread, cause: unknown): void => {
    const error = new LedgerError('internal', 'A thread of the catalogue has ended; start the server again.', {
      cause,
    });
    for (const task of [thread.current, ...thread.own]) task?.reject(error);
    threads.splice(threads.indexOf(thread), 1);
    tell({ kind: 'log', level: 'error', fields: { err: cause }, sentence: error.message });
    if (threads.length === 0) for (const task of queue.splice(0)) task.reject(error);
    proceed();
  };
  const put = (asked: Asked, { signal, thread }: { signal?: AbortSignal | undefined; thread?: Thread } = {}) => {
    const call = { ...asked, id: ++calls };
    const promise = new Promise<Answered>((resolve, reject) => {
      if (isClosed || threads.length === 0)
        return reject(new LedgerError('unavailable', 'The catalogue is closed.', { retryable: true }));
      (thread?.own ?? queue).push({ call, signal, resolve, reject });
      proceed();
    });
    return { id: call.id, promise };
  };

  return {
    call: async (asked, signal) => (await put(asked, { signal }).promise).value,
    each: async function* (asked) {
      const { id, promise } = put({ ...asked, kind: 'begin' });
      const { value, thread } = await promise;
      const inThread = (kind: 'next' | 'drop') => put({ ...asked, kind, parameters: [id] }, { thread }).promise;
      let batch = value as Batch;
      try {
        for (;;) {
          yield* batch.values;
          if (batch.isDone) return;
          batch = (await inThread('next')).value as Batch;
        }
      } finally {
        if (!batch.isDone) void inThread('drop').catch(() => undefined);
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
