import { Readable } from 'node:stream';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import { LedgerError } from '../../base/errors.js';

const awaitingContinue = new WeakSet<object>();

/**
 * Sets an HTTP server so that long stores live: no time limit on a request as a whole, 20 s for its headers, and
 * `100 Continue` only once a route wants the body, so that a refusal known from the headers comes before it (RFC 9110 §10.1.1).
 * A client that goes on sending `lingerMs` after it has been answered (10 s unless told) is cut off.
 * `app` is the server's request listener. The server is to be created with `maxHeaderSize: 65536`.
 */
export function prepareServer(
  server: Server,
  app: RequestListener,
  { lingerMs = 10_000 }: { lingerMs?: number } = {},
): void {
  server.requestTimeout = 0;
  server.headersTimeout = 20_000;
  server.timeout = 0;
  // Longer than proxies and clients keep a connection idle (60 s at most by default): whoever closes it first never loses a request.
  server.keepAliveTimeout = 65_000;
  server.prependListener('request', cutAfterAnswer);
  server.on('checkContinue', (request, response) => {
    cutAfterAnswer(request, response);
    awaitingContinue.add(response);
    app(request, response);
  });

  // Node reads on for ever what nobody wants, so that the connection can be used again.
  function cutAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
    // A request whose reader has given up has none any more by then.
    const { socket } = request;
    response.once('finish', () => {
      if (request.complete) return;
      const timer = setTimeout(() => {
        if (!request.complete) socket.destroy();
      }, lingerMs);
      timer.unref();
    });
  }
}

/** In the mean, once a body could have been there at this speed. */
const SLOWEST_BYTES_PER_S = 64 * 1024;

export interface BodyPatience {
  /** How long no byte may come although there is room for it. */
  idleMs: number;
  /** A body that takes longer than so many bytes at 64 KiB/s has to come at that speed. */
  maxBytes: number;
}

/**
 * Asks the client for the body of its request: sends `100 Continue` if the client waits for that, and cuts the connection
 * when no byte comes for `idleMs`, or bytes come too slowly for too long. Time in which the server itself is busy does not
 * count. Call the returned function once the body has been read.
 */
export function expectBody(request: Request, response: Response, { idleMs, maxBytes }: BodyPatience): () => void {
  if (awaitingContinue.delete(response)) response.writeContinue();
  const { socket } = request;
  const everyMs = idleMs / 8;
  const graceMs = Math.max(idleMs, (maxBytes / SLOWEST_BYTES_PER_S) * 1000);
  const bytesBefore = socket.bytesRead;
  let bytesRead = socket.bytesRead;
  let since = Date.now();
  let waitedMs = 0;
  const timer = setInterval(() => {
    if (request.readableLength === 0 && !request.complete) waitedMs += everyMs;
    const atLeast = (SLOWEST_BYTES_PER_S * waitedMs) / 1000;
    if (waitedMs > graceMs && socket.bytesRead - bytesBefore < atLeast) {
      stop();
      request.destroy(
        new LedgerError('bad-request', `The request has come at less than ${SLOWEST_BYTES_PER_S} bytes a second.`),
      );
    } else if (socket.bytesRead !== bytesRead || request.readableLength > 0 || request.complete) {
      bytesRead = socket.bytesRead;
      since = Date.now();
    } else if (Date.now() - since >= idleMs) {
      stop();
      request.destroy(
        new LedgerError('bad-request', `No byte of the request has come for ${idleMs} ms; send it again.`),
      );
    }
  }, everyMs);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  response.once('close', stop);
  return stop;
}

/**
 * The bytes of a request. Whoever stops reading early leaves the connection open, so that the answer can still be sent.
 * Throws `bad-request` when the client breaks off.
 */
export async function* requestBody(request: Request): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('bad-request', 'The client broke off within the request.', { cause: error });
  }
}

/** What `requestBody` gives, or is made of it, as a stream. */
export function bodyStream(chunks: AsyncIterable<Buffer>): Readable {
  const stream = Readable.from(chunks, { objectMode: false, highWaterMark: 262_144 });
  // Whoever reads it hears of it too; a client that goes away while nobody reads must not bring the process down.
  return stream.on('error', () => undefined);
}
