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
  server.prependListener('request', cutAfterAnswer);
  server.on('checkContinue', (request, response) => {
    cutAfterAnswer(request, response);
    awaitingContinue.add(response);
    app(request, response);
  });

  // Node reads on for ever what nobody wants, so that the connection can be used again.
  function cutAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
    response.once('finish', () => {
      if (request.complete) return;
      const { socket } = request;
      const timer = setTimeout(() => {
        if (!request.complete) socket.destroy();
      }, lingerMs);
      timer.unref();
    });
  }
}

/**
 * Asks the client for the body of its request: sends `100 Continue` if the client waits for that, and cuts the connection
 * when no byte comes for `idleMs` although there is room for it. Time in which the server itself is busy does not count.
 * Call the returned function once the body has been read.
 */
export function expectBody(request: Request, response: Response, { idleMs }: { idleMs: number }): () => void {
  if (awaitingContinue.delete(response)) response.writeContinue();
  const { socket } = request;
  let bytesRead = socket.bytesRead;
  let since = Date.now();
  const timer = setInterval(() => {
    if (socket.bytesRead !== bytesRead || request.readableLength > 0 || request.complete) {
      bytesRead = socket.bytesRead;
      since = Date.now();
    } else if (Date.now() - since >= idleMs) {
      stop();
      request.destroy(
        new LedgerError('bad-request', `No byte of the request has come for ${idleMs} ms; send it again.`),
      );
    }
  }, idleMs / 8);
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

/** What `requestBody` gives, as a stream. */
export function bodyStream(request: Request): Readable {
  const stream = Readable.from(requestBody(request), { objectMode: false, highWaterMark: 262_144 });
  // Whoever reads it hears of it too; a client that goes away while nobody reads must not bring the process down.
  return stream.on('error', () => undefined);
}
