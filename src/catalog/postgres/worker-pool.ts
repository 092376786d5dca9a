import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
import type { WorkerCall, WorkerMessage, WorkerSettings } from './catalog-worker.js';
import { receivedFailure } from './failure.js';
import { type LastingWorkerEnd, startLastingWorker } from './lasting-worker.js';
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
  /** Ends all threads; others begin in their place. */
  restart(): void;
  close(): Promise<void>;
}

interface Batch {
  values: unknown[];
  isDone: boolean;
}

export function openWorkerPool(
  settings: readonly (() => WorkerSettings)[],
  { tell, onEnd }: { tell: (message: Told) => void; onEnd: LastingWorkerEnd },
): WorkerPool {
  let calls = 0;
  let isClosed = false;
  const queue: Task[] = [];
  const threads = new Set<Thread>();
  const start = (settingsOf: () => WorkerSettings): Worker => {
    const workerData = settingsOf();
    const transferList = [workerData.connection.port, workerData.names.port];
    const worker = new Worker(workerUrl(import.meta.url, 'catalog-worker.js'), { workerData, transferList });
    const thread: Thread = { worker, own: [], current: undefined };
    threads.add(thread);
    worker.on('message', (message: WorkerMessage) => receive(thread, message));
    worker.once('exit', () => leave(thread));
    proceed();
    return worker;
  };

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
  /** A thread that has ended takes with it what it had begun. */
  const leave = (thread: Thread): void => {
    threads.delete(thread);
    for (const task of [thread.current, ...thread.own]) task?.reject(isClosed ? closed() : ended());
  };
  const put = (asked: Asked, { signal, thread }: { signal?: AbortSignal | undefined; thread?: Thread } = {}) => {
    const call = { ...asked, id: ++calls };
    const promise = new Promise<Answered>((resolve, reject) => {
      if (isClosed) return reject(closed());
      if (threads.size === 0 || (thread && !threads.has(thread))) return reject(ended());
      (thread?.own ?? queue).push({ call, signal, resolve, reject });
      proceed();
    });
    return { id: call.id, promise };
  };

  const workers = settings.map((settingsOf) =>
    startLastingWorker({
      start: () => start(settingsOf),
      onEnd: (cause, isReplaced) => {
        if (threads.size === 0) for (const task of queue.splice(0)) task.reject(ended());
        onEnd(cause, isReplaced);
      },
    }),
  );

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
    restart: () => {
      for (const { worker } of threads) void worker.terminate();
    },
    close: async () => {
      isClosed = true;
      for (const task of queue.splice(0)) task.reject(closed());
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

const closed = (): LedgerError => new LedgerError('unavailable', 'The catalogue is closed.', { retryable: true });
const ended = (): LedgerError =>
  new LedgerError('unavailable', 'A thread of the catalogue has ended; ask again.', { retryable: true });
