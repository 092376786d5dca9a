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
  forget(imageId: string): void;
  /** Calls back for each that dies from now on. */
  onDeath(listener: () => void): void;
  /** Lets them end what is under way, 20 s at most. */
  close(): Promise<void>;
}

interface ReadersDependencies {
  log: Log;
  /** Called when readers die again and again. */
  onFailing: () => void;
}

/** So many deaths in that time are more than chance. */
const ALARMING_DEATHS = 5;
const REMEMBERED_MS = 600_000;
/** Between a death and the next start: twice as long with each death that is remembered. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;
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

/** Starts `count` readers, and another one, after a pause that grows, for each that dies: whoever has the connections answers them meanwhile. */
export function openReaders(
  { log, onFailing }: ReadersDependencies,
  { count, order, maxConnections }: { count: number; order: ReaderOrder; maxConnections: number },
): Readers {
  const readers = new Set<Reader>();
  let deaths: number[] = [];
  const listeners: (() => void)[] = [];
  const pauses = new Set<NodeJS.Timeout>();
  let isClosing = false;

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
    child.on('error', (error) => {
      log.error({ err: error }, 'A reader could not be started, or not be spoken to.');
      if (child.pid === undefined) replace(reader);
    });
    child.once('exit', (code, signal) => {
      if (!isClosing) log.error({ code, signal }, 'A reader has died.');
      replace(reader);
    });
    say(reader, { kind: 'order', order });
  }

  function replace(dead: Reader): void {
    readers.delete(dead);
    for (const socket of dead.sending) socket.destroy();
    if (isClosing) return;
    const now = Date.now();
    deaths = [...deaths.filter((at) => now - at < REMEMBERED_MS), now];
    for (const listener of listeners) listener();
    if (deaths.length >= ALARMING_DEATHS) onFailing();
    const pause = setTimeout(
      () => {
        pauses.delete(pause);
        start();
      },
      Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths.length - 1)),
    );
    pauses.add(pause);
  }
  for (let started = 0; started < count; started++) start();

  const ready = (): Reader[] => [...readers].filter(({ isReady, process }) => isReady && process.connected);

  return {
    get count() {
      return ready().length;
    },
    take: (socket) => {
      if (isClosing) return false;
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
    forget: (imageId) => {
      for (const reader of readers) say(reader, { kind: 'forget', imageId });
    },
    onDeath: (listener) => void listeners.push(listener),
    close: async () => {
      // Whoever closes a second time waits, too.
      isClosing = true;
      pauses.forEach(clearTimeout);
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
