import type { MessagePort } from 'node:worker_threads';
import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import { asBuffer } from '../data-set/as-buffer.js';

interface Request {
  id: number;
  offset: number;
  byteCount: number;
}

/** Without bytes when they cannot be had; why is known where they were to be read. */
interface Answer {
  id: number;
  bytes?: Uint8Array;
}

/** Reads a source that is in another thread, which gives it by `serveSource` at the other end of the port. */
export function portSource(port: MessagePort, byteCount: number): ByteSource {
  const waiting = new Map<number, { resolve: (bytes: Buffer) => void; reject: (error: Error) => void }>();
  let last = 0;
  port.on('message', ({ id, bytes }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (bytes) one?.resolve(asBuffer(bytes));
    else one?.reject(new Error('The bytes cannot be had.'));
  });
  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const id = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        port.postMessage({ id, offset, byteCount: wanted } satisfies Request);
      });
    },
  };
}

/** Gives a source to another thread. `onWait` is told how many reads are under way, `onFailure` why one has failed. */
export function serveSource(
  port: MessagePort,
  source: ByteSource,
  { onWait, onFailure }: { onWait: (count: number) => void; onFailure: (error: unknown) => void },
): void {
  let count = 0;
  const answer = async ({ id, offset, byteCount }: Request): Promise<void> => {
    onWait(++count);
    try {
      // A copy, because a Buffer may be a part of much larger memory, which others have.
      const bytes = new Uint8Array(await source.read(offset, byteCount));
      port.postMessage({ id, bytes } satisfies Answer, [bytes.buffer]);
    } catch (error) {
      onFailure(error);
      port.postMessage({ id } satisfies Answer);
    } finally {
      onWait(--count);
    }
  };
  port.on('message', (request: Request) => void answer(request));
}
