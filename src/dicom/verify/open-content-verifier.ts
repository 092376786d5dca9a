import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ByteSource } from '../../base/byte-source.js';
import { isCorruptForEver, LedgerError } from '../../base/errors.js';
import { createFairQueue } from '../../base/fair-queue.js';
import { createStopwatch } from '../../base/stopwatch.js';
import { workerUrl } from '../../base/worker-url.js';
import type { ContentAnswer, ContentTask } from './content-worker.js';
import { serveSource } from './port-source.js';
import type { AnnouncedContent, ContentFault } from './verify-content.js';

/** Verifies instances in threads of its own: nothing that others have stored can stop or fill this one. */
export interface ContentVerifier {
  /**
   * Reads an instance whole and holds it against what was announced of it. Gives the first fault; undefined when there is none. Rejects as
   * `source` does, unless its bytes are `corrupt` for ever, which is a fault, and with `unavailable` when the server stops.
   */
  verify(source: ByteSource, announced: AnnouncedContent): Promise<ContentFault | undefined>;
  /** Ends the threads; what is under way is rejected with `unavailable`. */
  close(): Promise<void>;
}

export interface ContentVerifierOptions {
  /** Default 2: whoever waits for an instance does not wait for those that nobody waits for. */
  threads?: number;
  /** For one instance, without the time for which its bytes are waited for; a second more for each 50 MB. Default 30,000. */
  timeoutMs?: number;
  /** Of the heap of one thread; pixels lie outside of it. Default 512. */
  maxMemoryMb?: number;
  /** The module that verifies them. */
  worker?: URL;
}

const BYTES_PER_MS = 50_000;
/** A thread that has nothing to do for so long ends: few sites have so many neighbours that one is always busy. */
const IDLE_MS = 60_000;

export function openContentVerifier({
  threads = 2,
  timeoutMs = 30_000,
  maxMemoryMb = 512,
  worker = workerUrl(import.meta.url, 'content-worker.js'),
}: ContentVerifierOptions = {}): ContentVerifier {
  const pool = new Piscina<ContentTask, ContentAnswer>({
    filename: worker.href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  const limit = createFairQueue({ slots: threads, slotsEach: Math.max(1, threads - 1) });
  let isClosed = false;

  const requireOpen = (): void => {
    if (isClosed) throw new LedgerError('unavailable', 'The server is stopping; ask again.', { retryable: true });
  };

  const answerOf = async (
    source: ByteSource,
    { sha256, ...announced }: AnnouncedContent,
  ): Promise<ContentAnswer | { kind: 'unread'; error: unknown }> => {
    const { port1, port2 } = new MessageChannel();
    const abort = new AbortController();
    const allowedMs = timeoutMs + source.byteCount / BYTES_PER_MS;
    const stopwatch = createStopwatch({ allowedMs, onEnd: () => abort.abort() });
    let failure: { error: unknown } | undefined;
    serveSource(port1, source, {
      onWait: (count) => (count > 0 ? stopwatch.pause() : stopwatch.go()),
      onFailure: (error) => (failure ??= { error }),
    });
    const [header, preview] = [new Uint8Array(announced.header), new Uint8Array(announced.preview)];
    stopwatch.go();
    try {
      const task = { port: port2, byteCount: source.byteCount, sha256, header, preview };
      const transferList = [port2, header.buffer, preview.buffer];
      const answer = await pool.run(task, { signal: abort.signal, transferList });
      return failure ? { kind: 'unread', ...failure } : answer;
    } catch (error) {
      if (failure) return { kind: 'unread', ...failure };
      requireOpen();
      return { kind: 'judged', fault: faultOf(error, { allowedMs, maxMemoryMb }) };
    } finally {
      stopwatch.pause();
      port1.close();
    }
  };

  return {
    verify: (source, announced) =>
      limit(async () => {
        requireOpen();
        const answer = await answerOf(source, announced);
        if (answer.kind === 'judged') return answer.fault;
        const error = answer.kind === 'unread' ? answer.error : new LedgerError(answer.code, answer.message);
        if (!isCorruptForEver(error)) throw error;
        return { reason: 'bytes', detail: error.message };
      }),
    close: async () => {
      isClosed = true;
      await pool.destroy();
    },
  };
}

/** What became of a thread that did not answer; the pool has replaced it. What it decodes it looks at last, and only for a picture. */
function faultOf(error: unknown, { allowedMs, maxMemoryMb }: { allowedMs: number; maxMemoryMb: number }): ContentFault {
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === 'AbortError')
    return { reason: 'timed-out', detail: `Verifying the instance takes longer than ${Math.round(allowedMs)} ms.` };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { reason: 'timed-out', detail: `Verifying the instance takes more than ${maxMemoryMb} MB of memory.` };
  return { reason: 'picture', detail: 'The preview shows a picture, but the decoder of this instance breaks off.' };
}
