import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests under way have so long to end. */
const DRAIN_MS = 20_000;
/** A request whose headers have begun to come has so long to come. */
const HEADERS_MS = 1_000;
const IDLE_CHECK_MS = 50;

/**
 * Watches the connections of a server, and returns what ends it: no more connections are taken, those without a request are closed, at once
 * or, where one has begun to come, a second later, and those with one when it has been answered, or 20 s later.
 */
export function createDrain(server: Server): () => Promise<void> {
  const connections = new Map<string, Socket>();
  const isUnderWay = new WeakMap<Socket, () => boolean>();

  const keep = (socket: Socket): void => {
    // What TLS makes of a connection takes its place.
    const client = `${socket.remoteAddress} ${socket.remotePort}`;
    connections.set(client, socket);
    socket.once('close', () => {
      if (connections.get(client) === socket) connections.delete(client);
    });
  };
  server.on('connection', keep).on('secureConnection', keep);

  const note = (request: IncomingMessage, response: ServerResponse): void => {
    isUnderWay.set(request.socket, () => !response.closed || !request.complete);
  };
  server.prependListener('request', note).prependListener('checkContinue', note);
  // Whoever has taken it over closes it.
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => isUnderWay.set(socket, () => true));

  const closeUnused = (which: (socket: Socket) => boolean): void => {
    for (const socket of connections.values())
      if (isUnderWay.get(socket)?.() !== true && which(socket)) socket.destroy();
  };
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A server that does not listen itself has connections all the same.
    const drained = closed.then(() => Promise.all([...connections.values()].map(ended)));
    closeUnused(({ bytesRead }) => bytesRead === 0);
    const timers = [
      // A connection that has just been answered stays open for the next request, which will not be taken.
      setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS),
      setTimeout(() => closeUnused(() => true), HEADERS_MS),
      setTimeout(() => connections.forEach((socket) => socket.destroy()), DRAIN_MS),
    ];
    await drained;
    timers.forEach(clearTimeout);
  };
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
