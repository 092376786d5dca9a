import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { LedgerError } from '../../base/errors.js';
import { createDataSetDigest } from '../../dicom/part10/data-set-digest.js';

const FREE_SPACE_CHECK_BYTES = 16 * 1024 * 1024;
/** Parts of so many bytes at most are gathered in memory, as long as all that are being received have no more than the other there. */
const GATHERED_BYTES = { each: 1024 * 1024, all: 16 * 1024 * 1024 };
/** Of one part: a client that sends byte by byte makes an object of each. */
const GATHERED_CHUNKS = 1_024;

export interface Digests {
  sha256: string;
  dataSetSha256: string | undefined;
}

interface WrittenBody extends Digests {
  byteCount: number;
  /** All of it, when that is little. */
  small: Buffer | undefined;
}

interface WriteBodyOptions {
  head: Buffer;
  maxInstanceBytes: number;
  /** Of all parts that are being received, what is in memory. */
  gathering: { byteCount: number };
  requireSpace: () => Promise<void>;
}

/** Writes the head and the body: a small one at once, another one as it comes. */
export async function writeBody(
  file: FileHandle,
  body: Readable,
  { head, maxInstanceBytes, gathering, requireSpace }: WriteBodyOptions,
): Promise<WrittenBody> {
  const digests = createDigests();
  let byteCount = 0;
  let checkedAt = 0;
  let writtenAt = 0;
  let gathered: Buffer[] | undefined = [];
  let gatheredBytes = 0;
  const write = async (buffers: Buffer[]): Promise<void> => {
    writtenAt += await writeWhole(file, buffers, writtenAt);
  };
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      byteCount += chunk.length;
      if (byteCount > maxInstanceBytes)
        throw new LedgerError(
          'too-large',
          `The instance is larger than MAX_INSTANCE_BYTES, ${maxInstanceBytes} bytes.`,
        );
      digests.update(chunk);
      if (gathered) {
        gathered.push(chunk);
        gatheredBytes += chunk.length;
        gathering.byteCount += chunk.length;
        const isSmall = byteCount <= GATHERED_BYTES.each && gathered.length <= GATHERED_CHUNKS;
        if (isSmall && gathering.byteCount <= GATHERED_BYTES.all) continue;
        await write([head, ...gathered]);
        gathered = undefined;
        gathering.byteCount -= gatheredBytes;
        gatheredBytes = 0;
      } else await write([chunk]);
      if (byteCount - checkedAt < FREE_SPACE_CHECK_BYTES) continue;
      await requireSpace();
      checkedAt = byteCount;
    }
    if (gathered) await write([head, ...gathered]);
    return { byteCount, small: gathered && Buffer.concat(gathered), ...digests.finish() };
  } finally {
    gathering.byteCount -= gatheredBytes;
  }
}

/** Writes all of it, and returns how much that is: a disk that is nearly full takes a part of a write without an error (write(2)). */
async function writeWhole(file: FileHandle, buffers: Buffer[], position: number): Promise<number> {
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  let { bytesWritten: done } = await file.writev(buffers, position);
  if (done === total) return total;
  for (const rest = Buffer.concat(buffers); done < total;)
    done += (await file.write(rest, done, total - done, position + done)).bytesWritten;
  return total;
}

/** Reckons both digests while the bytes are written, so that nobody has to read them again. */
export function createDigests(): { update(chunk: Buffer): void; finish(): Digests } {
  const whole = createHash('sha256');
  const dataSet = createDataSetDigest();
  return {
    update: (chunk) => {
      whole.update(chunk);
      dataSet.update(chunk);
    },
    finish: () => ({ sha256: whole.digest('hex'), dataSetSha256: dataSet.digest() }),
  };
}
