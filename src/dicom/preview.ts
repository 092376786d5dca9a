import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { ByteSource } from '../byte-source.js';
import { LedgerError } from '../errors.js';
import { workerUrl } from '../worker-url.js';
import type { InstanceHeader } from './header.js';
import { makeIcon } from './icon.js';
import { readPictureInput } from './picture-input.js';
import type { PictureTask } from './preview-worker.js';

/** Makes pictures in threads of its own. What goes wrong with one picture ends with that picture. */
export interface Pictures {
  /**
   * The preview to keep beside the instance: a JPEG of at most 30,720 bytes and 768 pixels of its middle frame; an icon
   * for what has no picture, cannot be decoded or takes too long.
   */
  preview(header: InstanceHeader, source: ByteSource): Promise<Buffer>;
  /** One frame at full size with the default window; `frame` from 1, default the middle one. Undefined where `preview` gives an icon. */
  render(
    header: InstanceHeader,
    source: ByteSource,
    options: { mediaType: 'image/jpeg' | 'image/png'; frame?: number },
  ): Promise<Buffer | undefined>;
  /** Ends the threads; pictures under way are rejected with `unavailable`. */
  close(): Promise<void>;
}

export interface PicturesOptions {
  threads: number;
  /** For one picture, from its first byte in the thread. */
  timeoutMs: number;
  /** The module that makes them. */
  worker?: URL;
}

export function openPictures({ threads, timeoutMs, worker }: PicturesOptions): Pictures {
  const pool = new Piscina<PictureTask, Uint8Array | undefined>({
    filename: (worker ?? workerUrl(import.meta.url, 'preview-worker.js')).href,
    // All stay: a thread takes longer to start than to make a picture.
    minThreads: threads,
    maxThreads: threads,
  });
  // A frame is read only when a thread is free for it, so that none waits in memory.
  const limit = pLimit(threads);
  let isClosed = false;

  const make = (
    { header, source }: { header: InstanceHeader; source: ByteSource },
    { frame, output }: { frame: number | undefined; output: PictureTask['output'] },
  ): Promise<Buffer | undefined> =>
    limit(async () => {
      try {
        requireOpen();
        const task = await readPictureInput(header, source, { frame, output });
        if (task === undefined) return undefined;
        const made = await pool.run(task, { signal: AbortSignal.timeout(timeoutMs) });
        return made && Buffer.from(made.buffer, made.byteOffset, made.length);
      } catch (error) {
        requireOpen();
        // The source, not the picture, has failed. Whatever the picture did to its thread, the pool has replaced that.
        if (error instanceof LedgerError) throw error;
        return undefined;
      }
    });

  const requireOpen = (): void => {
    if (isClosed) throw new LedgerError('unavailable', 'The server is stopping; ask again.', { retryable: true });
  };

  return {
    preview: async (header, source) =>
      (await make({ header, source }, { frame: undefined, output: 'preview' })) ?? makeIcon(header),
    render: (header, source, { mediaType, frame }) => make({ header, source }, { frame, output: mediaType }),
    close: async () => {
      isClosed = true;
      await pool.destroy();
    },
  };
}
