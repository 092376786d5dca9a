import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Log } from './base/log.js';
import { workerUrl } from './base/worker-url.js';
import type { ReaderOrder, ToOwner, ToReader } from './reader-order.js';

/** Processes that answer what is read, for connections that they are given. */
export interface Readers {
  /** Those that take connections just now. */
  readonly count: number;
  /** Gives a connection to the reader with the fewest; false when there is none, or there are as many as may be. */
  take(socket: Socket): boolean;
  forget(imageKey: string): void;
  /** Lets them end what is under way, 20 s at most. */
  close(): Promise<void>;
}

interface ReadersDependencies {
  log: Log;
  /** Called when readers die again and again: then the owner answers what they would. */
  onGivenUp: () => void;
}

/** So many deaths within a minute are more than chance. */
const MOST_DEATHS = 5;
const A_MINUTE_MS = 60_000;
/** A little longer than a reader takes to drain. */
const STOP_MS = 22_000;

/** Malloc keeps little that was freed, as `npm start` has it; nothing else of the environment, in which there may be keys. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

interface Reader {
  process: ChildProcess;
  isReady: boolean;
  connections: number;
  /** Connections that wait to be sent: when it dies, nobody else would end them. */
  sending: Set<Socket>;
}

/** Starts `count` readers, and another one for each that dies. */
export function openReaders(
  { log, onGivenUp }: ReadersDependencies,
  { count, order, maxConnections }: { count: number; order: ReaderOrder; maxConnections: number },
): Readers {
  const readers = new Set<Reader>();
  let deaths: number[] = [];
  let isClosing = false;
  let isGivenUp = false;

  const say = (reader: Reader, said: ToReader): void => {
    if (reader.process.connected) reader.process.send(said, () => undefined);
  };

  function start(): void {
    const child = fork(workerUrl(import.meta.url, 'reader-worker.js'), [], { env: ENVIRONMENT });
    const reader: Reader = { process: child, isReady: false, connections: 0, sending: new Set() };
    readers.add(reader);
    child.on('message', (said: ToOwner) => {
      if (said.kind === 'ended') return void reader.connections--;
      reader.isReady = true;
      log.info({ reader: child.pid }, 'A reader takes connections.');
    });
    child.on('error', (error) => log.error({ err: error }, 'A reader could not be spoken to.'));
    child.once('exit', (code, signal) => {
      readers.delete(reader);
      for (const socket of reader.sending) socket.destroy();
      if (isClosing || isGivenUp) return;
      log.error({ code, signal }, 'A reader has died; another one is started.');
      const now = Date.now();
      deaths = [...deaths.filter((at) => now - at < A_MINUTE_MS), now];
      if (deaths.length < MOST_DEATHS) return start();
      isGivenUp = true;
      for (const other of readers) say(other, { kind: 'stop' });
      onGivenUp();
    });
    say(reader, { kind: 'order', order });
  }
  for (let started = 0; started < count; started++) start();

  const ready = (): Reader[] => [...readers].filter(({ isReady, process }) => isReady && process.connected);

  return {
    get count() {
      return ready().length;
    },
    take: (socket) => {
      if (isClosing || isGivenUp) return false;
      const [least] = ready().sort((a, b) => a.connections - b.connections);
      if (least === undefined) return false;
      const open = [...readers].reduce((sum, { connections }) => sum + connections, 0);
      if (open >= maxConnections) socket.destroy();
      else {
        least.connections++;
        least.sending.add(socket);
        // The reader has its own by then, or it has died, and the connection ends.
        const ended = (): void => {
          least.sending.delete(socket);
          socket.destroy();
        };
        least.process.send({ kind: 'connection' } satisfies ToReader, socket, { keepOpen: true }, ended);
      }
      return true;
    },
    forget: (imageKey) => {
      for (const reader of readers) say(reader, { kind: 'forget', imageKey });
    },
    close: async () => {
      // Whoever closes a second time waits, too.
      isClosing = true;
      await Promise.all(
        [...readers].map(
          (reader) =>
            new Promise<void>((resolve) => {
              const timer = setTimeout(() => reader.process.kill('SIGKILL'), STOP_MS);
              reader.process.once('exit', () => {
                clearTimeout(timer);
                resolve();
              });
              say(reader, { kind: 'stop' });
            }),
        ),
      );
    },
  };
}
