import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { bufferSource, type ByteSource, fileSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { withFolderSync } from '../../base/write-durably.js';
import type { Log } from '../../base/log.js';
import type { ImageParameters, PartMediaType } from '../archive.js';
import type { StoringCaller } from './study-access.js';
import { createDigests, type Digests, writeBody } from './write-body.js';

/** What has to be known of a part besides its bytes, to finish it after a restart. */
export interface SpoolLabel {
  mediaType: PartMediaType;
  StudyInstanceUID?: string;
  image?: ImageParameters;
  mayRetire?: boolean;
  caller?: StoringCaller;
}

/** One part, whole and synced to disk. */
export interface SpooledPart extends SpoolLabel {
  bytes: ByteSource;
  /** Of all bytes, hex. */
  sha256: string;
  /** Of a Part 10 file's data set, hex; undefined when it is none. */
  dataSetSha256: string | undefined;
  /** Closes the file, which stays for the next start. */
  close(): Promise<void>;
  /** Closes and deletes the file. */
  discard(): Promise<void>;
  /** Closes the file and renames it to `<name>.refused`: no start looks at it, the operator can. */
  setAside(): Promise<void>;
}

/** Gives a spooled part up, or leaves it to the next start (`close`). Never rejects: what fails is logged. */
export async function releasePart(
  { log }: { log: Log },
  part: SpooledPart,
  how: 'close' | 'discard' | 'setAside',
): Promise<void> {
  try {
    await part[how]();
  } catch (error) {
    log.error({ err: error }, 'A spool file could not be given up.');
  }
}

/** Parts on disk, from their arrival until they are safe on the chain. */
export interface Spool {
  readonly maxInstanceBytes: number;
  /**
   * Writes one part to its end. Throws `too-large` beyond the maximum and `out-of-space` when less than the reserve
   * would stay free; nothing is left of a part that fails.
   */
  write(label: SpoolLabel, body: Readable): Promise<SpooledPart>;
  /** Parts that an earlier process left whole; what it left unfinished is deleted. */
  leftovers(): AsyncGenerator<SpooledPart>;
}

/** A spool file is one line of JSON (the label), then the bytes; the name ends in `.part` once it is whole. */
const WHOLE = '.part';
const REFUSED = '.refused';
const MAX_LABEL_BYTES = 64 * 1024;
/** The newest of small parts stay in memory, together so many bytes: they are read some six times on their way. */
const MEMORY_BYTES = 16 * 1024 * 1024;

/** Opens the folder, or makes it. `minFreeBytes` of its disk stay free. */
export async function openSpool(options: {
  folder: string;
  maxInstanceBytes: number;
  minFreeBytes: number;
}): Promise<Spool> {
  const { folder, maxInstanceBytes, minFreeBytes } = options;
  await mkdir(folder, { recursive: true });
  const found = (await readdir(folder)).sort().map((entry) => path.join(folder, entry));
  const left = found.filter((name) => name.endsWith(WHOLE));
  const isKept = (name: string): boolean => name.endsWith(WHOLE) || name.endsWith(REFUSED);
  await Promise.all(found.filter((name) => !isKept(name)).map((name) => rm(name, { force: true })));

  const requireSpace = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < minFreeBytes) {
      throw new LedgerError(
        'out-of-space',
        `Less than ${minFreeBytes} bytes are free in the data folder; make room and send again.`,
        { retryable: true },
      );
    }
  };

  const makeDurable = (file: FileHandle, name: string): Promise<void> =>
    withFolderSync(folder, async (sync) => {
      await file.datasync();
      await rename(name, name + WHOLE);
      await sync();
    });

  const gathering = { byteCount: 0 };
  const memory: Memory = new LRUCache({ maxSize: MEMORY_BYTES, sizeCalculation: ({ length }) => Math.max(1, length) });

  return {
    maxInstanceBytes,
    write: async (label, body) => {
      const name = path.join(folder, randomUUID());
      let file: FileHandle | undefined;
      try {
        const [opened, space] = await Promise.allSettled([open(name, 'w+'), requireSpace()]);
        if (opened.status === 'rejected') throw opened.reason;
        file = opened.value;
        if (space.status === 'rejected') throw space.reason;
        const head = Buffer.from(`${JSON.stringify(label)}\n`);
        if (head.length > MAX_LABEL_BYTES)
          throw new LedgerError('too-large', `What is said of the instance has more than ${MAX_LABEL_BYTES} bytes.`);
        const { byteCount, small, ...found } = await writeBody(file, body, {
          head,
          maxInstanceBytes,
          gathering,
          requireSpace,
        });
        // What is no Part 10 file is refused in a moment and need not be synced; a broken device sends thousands of them.
        const isStorable = label.mediaType !== 'application/dicom' || found.dataSetSha256 !== undefined;
        if (isStorable) await makeDurable(file, name);
        else await rename(name, name + WHOLE);
        if (small) memory.set(name + WHOLE, small);
        return spooled(file, { name: name + WHOLE, label, start: head.length, byteCount, ...found }, memory);
      } catch (error) {
        await file?.close();
        for (const ending of ['', WHOLE]) await rm(name + ending, { force: true });
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
          throw new LedgerError('out-of-space', 'The disk of the data folder is full; make room and send again.', {
            cause: error,
            retryable: true,
          });
        }
        throw error;
      }
    },

    leftovers: async function* () {
      for (const name of left) {
        const part = await reopen(name);
        if (part) yield part;
        else await rm(name, { force: true });
      }
    },
  };
}

interface SpoolFile extends Digests {
  name: string;
  label: SpoolLabel;
  /** Where the bytes begin. */
  start: number;
  byteCount: number;
}

/** Small parts by the names of their files. */
type Memory = LRUCache<string, Buffer>;

function spooled(
  file: FileHandle,
  { name, label, start, byteCount, ...digests }: SpoolFile,
  memory?: Memory,
): SpooledPart {
  const whole = fileSource(file, start + byteCount);
  const close = (): Promise<void> => {
    memory?.delete(name);
    return file.close();
  };
  return {
    ...label,
    ...digests,
    bytes: {
      byteCount,
      read: async (offset, wanted) => {
        const known = memory?.get(name);
        return known ? bufferSource(known).read(offset, wanted) : whole.read(start + offset, wanted);
      },
    },
    close,
    discard: async () => {
      await Promise.all([close(), rm(name, { force: true })]);
    },
    setAside: async () => {
      await close();
      await rename(name, `${name.slice(0, -WHOLE.length)}${REFUSED}`);
    },
  };
}

/** Undefined for a file that was not made by `write`. */
async function reopen(name: string): Promise<SpooledPart | undefined> {
  const file = await open(name, 'r');
  try {
    const { size } = await file.stat();
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(MAX_LABEL_BYTES), 0, MAX_LABEL_BYTES, 0);
    const end = head.subarray(0, bytesRead).indexOf(0x0a);
    const label = readLabel(head.toString('utf8', 0, Math.max(0, end)));
    if (label) {
      const digests = createDigests();
      for await (const chunk of file.createReadStream({ start: end + 1, autoClose: false }))
        digests.update(chunk as Buffer);
      return spooled(file, { name, label, start: end + 1, byteCount: size - end - 1, ...digests.finish() });
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

function readLabel(line: string): SpoolLabel | undefined {
  try {
    return JSON.parse(line) as SpoolLabel;
  } catch {
    return undefined;
  }
}
