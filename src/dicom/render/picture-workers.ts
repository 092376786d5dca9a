import { Piscina } from 'piscina';
import { createFairQueue } from '../../base/fair-queue.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { silentLog, type Log } from '../../base/log.js';
import { workerUrl } from '../../base/worker-url.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { MAX_PIXELS, type NativeFrame } from '../codec/native-frame.js';
import { MAX_ANIMATION_PIXELS } from './animation.js';
import type { FrameLayoutName } from '../codec/convert-frame.js';
import { dataSetOf, wordOf } from '../data-set/data-set.js';
import { frameCount } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { makeIcon } from './icon.js';
import { readPictureInput } from './picture-input.js';
import type { AnimationTask, PictureResult, PictureTask } from './picture-worker.js';
import { renderPicture, type RenderedPicture } from './render-picture.js';
import type { PictureMediaType, Rendering } from '../../standard/rendering.js';

/**
 * Makes pictures in threads of its own. What goes wrong with one picture ends with that picture. What waits for a thread is not begun, and
 * rejected with `unavailable`, once the client that asked for it has gone (`onBehalfOf`); a preview is made whoever has gone.
 */
export interface PictureWorkers {
  /**
   * The preview to keep beside the instance: a JPEG of at most 30,720 bytes and 768 pixels of its middle frame; an icon
   * for what has no picture or cannot be decoded. It stays for ever: one that takes too long is tried once more, and then rejected with
   * `unavailable`, as all that takes too long is.
   */
  preview(header: InstanceHeader, source: ByteSource): Promise<Buffer>;
  /**
   * One frame (from 1, default the middle one) as a file, by default at full size with the default window; several make
   * an animated GIF. Undefined for what has no picture. Throws `not-acceptable` for frames that cannot be decoded, and
   * `too-large` for an animation of more than `MAX_ANIMATION_PIXELS`.
   */
  render(
    header: InstanceHeader,
    source: ByteSource,
    options: { mediaType: PictureMediaType; frames?: readonly number[]; rendering?: Rendering },
  ): Promise<RenderedPicture | undefined>;
  /**
   * Frame `number` (from 1) in transfer syntax `to`: Explicit VR Little Endian, or one of `ENCODABLE`; then its bytes
   * are the codestream. By pixel unless another layout is asked for. Throws `not-found` beyond the last frame, `not-acceptable` for a frame that cannot be decoded,
   * is damaged, has more than `MAX_PIXELS` or cannot be had in that syntax, `unavailable` when it takes too long or the server stops.
   */
  convert(
    header: InstanceHeader,
    source: ByteSource,
    options: { number: number; to: string; layout?: FrameLayoutName },
  ): Promise<NativeFrame>;
  /** Ends the threads; pictures under way are rejected with `unavailable`. */
  close(): Promise<void>;
}

export interface PictureWorkersOptions {
  threads: number;
  /** For one picture of up to `PIXELS_IN_TIME`, from its first byte in the thread; for more pixels in proportion. */
  timeoutMs: number;
  /** The module that makes them. */
  worker?: URL;
  /** Called when a codec gives a wrong known answer; pictures that need it are icons from then on. */
  log?: Log;
}

const PIXELS_IN_TIME = 2 ** 22;

/** Pixels lie outside of V8's heap; without this limit each thread would keep 34 MB for young objects. */
const MAX_YOUNG_GENERATION_SIZE_MB = 16;

export function openPictureWorkers({
  threads,
  timeoutMs,
  worker,
  log = silentLog,
}: PictureWorkersOptions): PictureWorkers {
  const pool = new Piscina<PictureTask | AnimationTask, PictureResult>({
    filename: (worker ?? workerUrl(import.meta.url, 'picture-worker.js')).href,
    // None is started before there is a picture to make; then all stay: a thread takes longer to start than to make one.
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: Infinity,
    resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_SIZE_MB },
  });
  // A frame is read only when a thread is free for it, so that none waits in memory.
  // One caller leaves a thread to the others.
  const limit = createFairQueue({ slots: threads, slotsEach: Math.max(1, threads - 1) });
  let isClosed = false;

  const make = (
    { header, source }: { header: InstanceHeader; source: ByteSource },
    { frame, output }: { frame: number | undefined; output: PictureTask['output'] },
  ): Promise<PictureResult> =>
    guarded(async () => {
      if (output !== 'preview') requireAsker();
      const task = await readPictureInput(header, source, { frame, output });
      return task === undefined
        ? { kind: 'none' }
        : run(task, Math.ceil(timeoutMs * Math.max(1, pixelCount(header) / PIXELS_IN_TIME)));
    });

  const run = async (task: PictureTask | AnimationTask, limitMs: number): Promise<PictureResult> => {
    const transferList = 'frame' in task ? [task.frame.bytes.buffer] : [];
    const result = await pool.run(task, { signal: AbortSignal.timeout(limitMs), transferList });
    if (result.kind === 'refused' && result.code === 'misconfigured') log.error(result.message);
    return result;
  };

  const guarded = (work: () => Promise<PictureResult>): Promise<PictureResult> =>
    limit(async () => {
      try {
        requireOpen();
        return await work();
      } catch (error) {
        requireOpen();
        // The source, not the picture, has failed. Whatever the picture did to its thread, the pool has replaced that.
        if (error instanceof LedgerError) throw error;
        if (isTimeout(error)) throw slow();
        return { kind: 'refused', code: 'corrupt', message: 'The decoder broke off.' };
      }
    });

  const requireOpen = (): void => {
    if (isClosed) throw new LedgerError('unavailable', 'The server is stopping; ask again.', { retryable: true });
  };

  return {
    preview: async (header, source) => {
      const once = () => make({ header, source }, { frame: undefined, output: 'preview' });
      const result = await once().catch((error: unknown) => {
        if (!isSlow(error)) throw error;
        return once();
      });
      return pictureOf(result) ?? makeIcon(header);
    },
    render: (header, source, options) =>
      renderPicture(
        {
          make: (frame, output) => make({ header, source }, { frame, output }),
          animate: (task) =>
            guarded(async () => {
              requireAsker();
              return run(task, timeoutMs * (MAX_ANIMATION_PIXELS / PIXELS_IN_TIME));
            }),
        },
        header,
        options,
      ),
    convert: async (header, source, { number, to, layout = 'by-pixel' }) => {
      requireFrame(header, number);
      requireDecodable(header);
      const result = await make({ header, source }, { frame: number, output: { transferSyntaxUID: to, layout } });
      if (result.kind === 'frame') return result.frame;
      const reason = result.kind === 'refused' ? result.message : 'It cannot be decoded here.';
      throw new LedgerError(
        'not-acceptable',
        `Frame ${number} is stored in transfer syntax ${header.transferSyntaxUID} and is not to be had in ${to}: ${reason} Ask for transfer-syntax=*.`,
      );
    },
    close: async () => {
      isClosed = true;
      await pool.destroy();
    },
  };
}

function pictureOf(result: PictureResult): Buffer | undefined {
  return result.kind === 'picture' ? asBuffer(result.bytes) : undefined;
}

function requireFrame({ frames }: InstanceHeader, number: number): void {
  const count = frameCount(frames);
  if (!Number.isInteger(number) || number < 1 || number > count)
    throw new LedgerError('not-found', `There is no frame ${number}; the instance has ${count} frames.`);
}

function requireDecodable(header: InstanceHeader): void {
  const [rows, columns] = sides(header);
  if (rows * columns <= MAX_PIXELS) return;
  throw new LedgerError(
    'not-acceptable',
    `A frame has ${columns} × ${rows} pixels, more than the ${MAX_PIXELS} that are decoded or encoded; ask for transfer-syntax=*.`,
  );
}

function pixelCount(header: InstanceHeader): number {
  const [rows, columns] = sides(header);
  return rows * columns;
}

/** Rows and Columns; 0 where they are not known. */
function sides(header: InstanceHeader): [rows: number, columns: number] {
  try {
    const dataSet = dataSetOf(header);
    return [wordOf(dataSet, 0x00280010) ?? 0, wordOf(dataSet, 0x00280011) ?? 0];
  } catch {
    return [0, 0];
  }
}

/** Nobody would get what is made: the next in the queue has the turn. */
function requireAsker(): void {
  if (onBehalfOf.getStore()?.hasGone() === true)
    throw new LedgerError('unavailable', 'The client went away before its picture was begun.', { retryable: true });
}

/** How busy the machine is says nothing of the picture. */
function slow(): LedgerError {
  return new LedgerError('unavailable', 'The picture was not made in time: the server is busy. Ask again.', {
    retryable: true,
    details: { isSlow: true },
  });
}

/** Whether a picture was not made because that took too long. */
export function isSlow(error: unknown): boolean {
  return error instanceof LedgerError && error.details.isSlow === true;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
