import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { swapped } from './encoding.js';
import type { InstanceHeader } from './instance-header.js';
import { inflateDataSet, MAX_INFLATED_BYTES } from './inflate.js';
import { traitsOf } from '../../standard/transfer-syntaxes.js';

/** A multiple of every unit that is swapped, so that no number is cut between two chunks. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * Bytes of an instance at the offsets that its header gives, a chunk at a time. A deflated data set is inflated from
 * its beginning up to there. Throws `corrupt` when the bytes end before.
 */
export async function* readRange(
  source: ByteSource,
  header: InstanceHeader,
  { offset, byteCount }: { offset: number; byteCount: number },
): AsyncGenerator<Buffer> {
  if (isAsItLies(header)) {
    for (let at = 0; at < byteCount; at += CHUNK_BYTES)
      yield await source.read(offset + at, Math.min(CHUNK_BYTES, byteCount - at));
    return;
  }
  const end = offset + byteCount;
  let position = 0;
  for await (const chunk of inflateDataSet(source, {
    offset: header.dataSetOffset,
    maxInflatedBytes: MAX_INFLATED_BYTES,
  })) {
    const from = Math.max(0, offset - position);
    const to = Math.min(chunk.length, end - position);
    if (from < to) yield chunk.subarray(from, to);
    position += chunk.length;
    if (position >= end) return;
  }
  if (byteCount > 0) throw new LedgerError('corrupt', `The inflated data set ends at byte ${position}, before ${end}.`);
}

/** The same bytes in the other byte order. Every chunk but the last has to consist of whole units. */
export async function* swapChunks(chunks: AsyncIterable<Buffer>, unit: 1 | 2 | 4 | 8): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield unit === 1 ? chunk : swapped(chunk, unit);
}

export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  return joined(await listOf(chunks));
}

/** A source of which ranges may be had without being put together. */
export type ReadableSource = ByteSource & {
  stream?: (offset: number, byteCount: number) => AsyncIterable<Buffer> | readonly Buffer[];
};

/** The bytes of `readRange`, in chunks of any length. */
export async function chunksOf(
  source: ReadableSource,
  header: InstanceHeader,
  { offset, byteCount }: { offset: number; byteCount: number },
): Promise<readonly Buffer[]> {
  const given = isAsItLies(header) && source.stream?.(offset, byteCount);
  if (given instanceof Array) return given;
  // Not streamed, which passes by the cache where that is small.
  return listOf(readRange(source, header, { offset, byteCount }));
}

export function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

async function listOf(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts;
}

/** Whether the offsets of the header are those of the bytes: a deflated data set has none of its own. */
function isAsItLies({ transferSyntaxUID, source }: InstanceHeader): boolean {
  return !traitsOf(transferSyntaxUID).deflated || source !== 'part10';
}
