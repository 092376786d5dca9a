import type { MessagePort } from 'node:worker_threads';
import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import { asBuffer } from '../data-set/as-buffer.js';

interface Request {
  id: number;
  offset: number;
  byteCount: number;
  /** Where to write the bytes, at their own offset. */
  into?: SharedArrayBuffer | undefined;
}

/** Without bytes when they cannot be had; why is known where they were to be read. Those that were written are not sent. */
interface Answer {
  id: number;
  bytes?: Uint8Array | 'written';
}

export interface PortSource extends ByteSource {
  /** Whether bytes are under way: the other thread may still write into the memory. */
  readonly isReading: boolean;
}

/**
 * Reads a source that is in another thread, which gives it by `serveSource` at the other end of the port. With `memory` for the whole
 * source its bytes are written there, those that were read from the first on without a gap are not fetched again, and no memory comes and
 * goes with every reading, which would keep the collectors of both threads busy.
 */
export function portSource(port: MessagePort, byteCount: number, memory?: SharedArrayBuffer): PortSource {
  const waiting = new Map<
    number,
    { resolve: (bytes: Uint8Array | 'written') => void; reject: (error: Error) => void }
  >();
  let last = 0;
  const written = createWritten();
  port.on('message', ({ id, bytes }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (bytes) one?.resolve(bytes);
    else one?.reject(new Error('The bytes cannot be had.'));
  });

  const fetched = (offset: number, wanted: number): Promise<Uint8Array | 'written'> => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      port.postMessage({ id, offset, byteCount: wanted, into: memory } satisfies Request);
    });
  };
  return {
    byteCount,
    get isReading() {
      return waiting.size > 0;
    },
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const bytes = offset + wanted <= written.end ? 'written' : await fetched(offset, wanted);
      if (bytes !== 'written') return asBuffer(bytes);
      written.add(offset, offset + wanted);
      return Buffer.from(memory!, offset, wanted);
    },
  };
}

/** How far a source is in memory, from its beginning on. */
function createWritten(): { readonly end: number; add(from: number, to: number): void } {
  let end = 0;
  const later = new Map<number, number>();
  return {
    get end() {
      return end;
    },
    add: (from, to) => {
      if (from > end) later.set(from, to);
      else end = Math.max(end, to);
      for (let next = later.get(end); next !== undefined; next = later.get(end)) {
        later.delete(end);
        end = next;
      }
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
  const answer = async ({ id, offset, byteCount, into }: Request): Promise<void> => {
    onWait(++count);
    try {
      if (into) {
        new Uint8Array(into, offset, byteCount).set(await source.read(offset, byteCount));
        port.postMessage({ id, bytes: 'written' } satisfies Answer);
        return;
      }
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
