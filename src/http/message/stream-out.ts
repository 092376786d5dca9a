import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';

/** An answer of so many bytes goes out at once and says its length. */
const GATHERED_BYTES = 256 * 1024;
/** A chunk that is shorter waits for the next one. */
const SMALL_BYTES = 16 * 1024;
/** After so many bytes, or so long, others have their turn. */
const [TURN_BYTES, TURN_MS] = [1024 * 1024, 10];

type Chunk = Buffer | string;
/** Chunks that are there together may come as a list. */
type Given = Chunk | readonly Buffer[];
type Chunks = AsyncIterator<Given> | Iterator<Given>;

/**
 * Sends chunks as the body of an answer whose headers are set, at the client's pace. A source that fails within its first
 * 256 KiB rejects while another status can still be sent; one that fails later cuts the connection and rejects. A client
 * that goes away ends the source and is no error.
 */
export async function streamOut(
  response: Response,
  source: AsyncIterable<Given> | Iterable<Given>,
  coding?: NodeJS.ReadWriteStream,
): Promise<void> {
  if (source instanceof Array && !coding) {
    finish(response, (source as readonly Given[]).flat());
    return;
  }
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const { begun, isWhole } = await gather(response, iterator);
  if (response.destroyed) {
    await iterator.return?.();
    return;
  }
  if (coding) {
    await sendCoded(response, resumed(begun, iterator), coding);
    return;
  }
  if (isWhole) {
    finish(response, begun);
    return;
  }
  try {
    await sendRest(response, begun, iterator);
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await iterator.return?.();
  }
}

/** Sends all there is, with its length, in one write. */
function finish(response: Response, given: readonly Chunk[]): void {
  // One string goes into the same write as the headers.
  const chunks = given.length > 1 && given.every((chunk) => typeof chunk === 'string') ? [given.join('')] : given;
  if (!response.hasHeader('Content-Length'))
    response.setHeader(
      'Content-Length',
      chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0),
    );
  response.cork();
  for (const chunk of chunks.slice(0, -1)) response.write(chunk);
  response.end(chunks.at(-1));
}

/** The first chunks, until they are enough, the source has ended, or the client has gone. */
async function gather(response: Response, iterator: Chunks): Promise<{ begun: Chunk[]; isWhole: boolean }> {
  const begun: Chunk[] = [];
  let byteCount = 0;
  while (byteCount <= GATHERED_BYTES && !response.destroyed) {
    const step = await iterator.next();
    if (step.done === true) return { begun, isWhole: true };
    for (const chunk of [step.value].flat()) {
      begun.push(chunk);
      byteCount += Buffer.byteLength(chunk);
    }
  }
  return { begun, isWhole: false };
}

async function sendRest(response: Response, begun: Chunk[], iterator: Chunks): Promise<void> {
  let ready = begun;
  let [sinceTurn, turnAt] = [0, performance.now() + TURN_MS];
  for (;;) {
    const step = await iterator.next();
    if (response.destroyed) return;
    if (step.done === true) break;
    if (step.value instanceof Array) ready.push(...step.value);
    else {
      ready.push(step.value);
      if (step.value.length < SMALL_BYTES && ready.length < 16) continue;
    }
    sinceTurn += ready.reduce((sum, { length }) => sum + length, 0);
    if (!write(response, ready)) await drained(response);
    ready = [];
    if (sinceTurn < TURN_BYTES && performance.now() < turnAt) continue;
    await nextTurn();
    [sinceTurn, turnAt] = [0, performance.now() + TURN_MS];
  }
  write(response, ready);
  response.end();
}

/** Gives the chunks to the connection as one; false when the client is behind. */
function write(response: Response, chunks: readonly Chunk[]): boolean {
  if (response.destroyed) return true;
  let isReady = true;
  response.cork();
  for (const chunk of chunks) isReady = response.write(chunk);
  response.uncork();
  return isReady;
}

/** Resolves when the client has caught up, or has gone. */
function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.destroyed) done();
  });
}

async function sendCoded(
  response: Response,
  source: AsyncIterable<Chunk>,
  coding: NodeJS.ReadWriteStream,
): Promise<void> {
  try {
    await pipeline(source, coding, response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* resumed(begun: Chunk[], iterator: Chunks): AsyncGenerator<Chunk> {
  try {
    yield* begun;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield* [step.value].flat();
  } finally {
    await iterator.return?.();
  }
}
