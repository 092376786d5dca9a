import { type ByteSource, requireWithin } from '../base/byte-source.js';

/** Bytes that can be read at any position and streamed in order. */
export interface StreamSource extends ByteSource {
  /** The range in order, in buffers of a few MB at most, the next three fetched while one is used; a list where all is at hand. */
  stream(offset: number, byteCount: number): AsyncIterable<Buffer> | readonly Buffer[];
  /** As `read`, in several buffers in order: of a source that would have to copy them into one. */
  readParts?(offset: number, byteCount: number): Promise<readonly Buffer[]>;
}

/** Batches that are fetched at a time: while one is checked the node reads the next, and neither waits for the network. */
const BATCHES_AHEAD = 3;

/** A source of which one read gives bytes in one buffer, or in several, in order. */
interface BatchSource {
  byteCount: number;
  read: (offset: number, byteCount: number) => Promise<Buffer | readonly Buffer[]>;
}

/** Streams a range of `source` in batches that end at multiples of `batchBytes`, so that neighbours never fetch the same piece twice. */
export async function* streamAhead(
  source: BatchSource,
  { offset, byteCount, batchBytes }: { offset: number; byteCount: number; batchBytes: number },
): AsyncGenerator<Buffer> {
  const end = offset + byteCount;
  requireWithin(offset, byteCount, source.byteCount);
  const boundaryAfter = (from: number): number => (Math.floor(from / batchBytes) + 1) * batchBytes;
  const fetch = (from: number): Promise<Buffer | readonly Buffer[]> => {
    const batch = source.read(from, Math.min(end, boundaryAfter(from)) - from);
    batch.catch(() => undefined);
    return batch;
  };
  const ahead: Promise<Buffer | readonly Buffer[]>[] = [];
  let next = offset;
  const fill = (): void => {
    for (; ahead.length < BATCHES_AHEAD && next < end; next = boundaryAfter(next)) ahead.push(fetch(next));
  };
  fill();
  for (let first = ahead.shift(); first; first = ahead.shift()) {
    const bytes = await first;
    fill();
    if (Buffer.isBuffer(bytes)) yield bytes;
    else yield* bytes;
  }
}
