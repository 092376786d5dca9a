import { Piscina } from 'piscina';
import { LedgerError } from '../../base/errors.js';
import { createFairQueue } from '../../base/fair-queue.js';
import { createStopwatch } from '../../base/stopwatch.js';
import { workerUrl } from '../../base/worker-url.js';
import type { AttributeLevels } from '../data-set/attributes.js';
import type { HeaderAnswer, HeaderFacts, HeaderTask } from './header-worker.js';

export interface ReadHeader extends HeaderFacts {
  levels: AttributeLevels;
}

/** Reads what was announced in threads of its own: nothing that a header holds can stop or fill this one. */
export interface HeaderReader {
  /** Headers that inflate to more are not read. */
  readonly maxBytes: number;
  /**
   * Reads one announcement. One of this site finds a thread free, unless as many of this site are being read. Rejects with `too-large` for
   * a header that is beyond the bounds of bytes, ratio, memory or time (of time with `details.reason` `timed-out`), with `corrupt` for
   * one that nobody can read, and with `unavailable` when the server stops.
   */
  read(bodies: { header: Buffer; preview: Buffer }, options: { isForeign: boolean }): Promise<ReadHeader>;
  /** Ends the threads; what is under way is rejected with `unavailable`. */
  close(): Promise<void>;
}

export interface HeaderReaderOptions {
  maxBytes: number;
  /** Default 2: one for others, one for this site. */
  threads?: number;
  /** For one announcement, from its first byte in the thread, unless the machine stands still. Default 10,000: a header of 2 MiB takes one second. */
  timeoutMs?: number;
  /** Of the heap of one thread. Default 256: a header of 2 MiB takes 170. */
  maxMemoryMb?: number;
  /** The module that reads them. */
  worker?: URL;
}

export function openHeaderReader({
  maxBytes,
  threads = 2,
  timeoutMs = 10_000,
  maxMemoryMb = 256,
  worker = workerUrl(import.meta.url, 'header-worker.js'),
}: HeaderReaderOptions): HeaderReader {
  const pool = new Piscina<HeaderTask, HeaderAnswer>({
    filename: worker.href,
    // They start with the first header, and stay.
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: Infinity,
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  const everybody = createFairQueue({ slots: threads, slotsEach: threads });
  const foreignThreads = Math.max(1, threads - 1);
  const foreign = createFairQueue({ slots: foreignThreads, slotsEach: foreignThreads });
  let isClosed = false;

  const requireOpen = (): void => {
    if (isClosed) throw new LedgerError('unavailable', 'The server is stopping; ask again.', { retryable: true });
  };

  const read = async (bodies: { header: Buffer; preview: Buffer }): Promise<ReadHeader> => {
    requireOpen();
    // Copies, because a Buffer may be a part of much larger memory, all of which would be sent.
    const [header, preview] = [new Uint8Array(bodies.header), new Uint8Array(bodies.preview)];
    const abort = new AbortController();
    const stopwatch = createStopwatch({ allowedMs: timeoutMs, onEnd: () => abort.abort() });
    stopwatch.go();
    const answer = await pool
      .run({ header, preview, maxBytes }, { signal: abort.signal, transferList: [header.buffer, preview.buffer] })
      .catch((error: unknown) => {
        requireOpen();
        throw faultOf(error, { timeoutMs, maxMemoryMb });
      })
      .finally(() => stopwatch.pause());
    if (answer.kind === 'refused') throw new LedgerError(answer.code, answer.message);
    return { ...answer.facts, levels: JSON.parse(answer.levels) as AttributeLevels };
  };

  return {
    maxBytes,
    read: (bodies, { isForeign }) => {
      const inTurn = (): Promise<ReadHeader> => everybody(() => read(bodies));
      return isForeign ? foreign(inTurn) : inTurn();
    },
    close: async () => {
      isClosed = true;
      await pool.destroy();
    },
  };
}

/** What became of a thread that did not answer; the pool has replaced it. */
function faultOf(error: unknown, { timeoutMs, maxMemoryMb }: { timeoutMs: number; maxMemoryMb: number }): LedgerError {
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'AbortError')
    return new LedgerError('too-large', `Reading the header takes longer than ${timeoutMs} ms.`, {
      details: { reason: 'timed-out' },
    });
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new LedgerError('too-large', `Reading the header takes more than ${maxMemoryMb} MB of memory.`);
  return new LedgerError('corrupt', 'Reading the header ended its thread.', { cause: error });
}
