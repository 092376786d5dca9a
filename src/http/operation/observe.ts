import type { RequestHandler } from 'express';
import type { Socket } from 'node:net';
import type { Log } from '../../base/log.js';
import { bytesSentByReader } from '../readers/hand-over.js';
import type { Metrics } from './metrics.js';

/**
 * Logs and counts each request when its answer ends. The log has the path's pattern, no query and no values: a search names
 * patients, and so does `/patients/…`.
 */
export function observe(log: Log, { requests, receivedBytes, sentBytes }: Metrics): RequestHandler {
  /** A connection serves many requests, and a request has arrived before it is seen here. */
  const counted = new WeakMap<Socket, { read: number; written: number }>();
  return (request, response, next) => {
    const { socket } = request;
    const startedAt = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const { path } = (request.route ?? {}) as { path?: unknown };
      const route = typeof path === 'string' ? path : 'other';
      const { method } = request;
      const status = response.headersSent ? String(response.statusCode) : 'aborted';
      const complete = response.writableFinished;
      requests.observe({ method, route, status }, seconds);
      const before = counted.get(socket) ?? { read: 0, written: 0 };
      const now = { read: socket.bytesRead, written: socket.bytesWritten };
      counted.set(socket, now);
      receivedBytes.inc(now.read - before.read);
      sentBytes.inc(bytesSentByReader(response) ?? now.written - before.written);
      log.debug({ method, route, status, ms: Math.round(seconds * 1000), complete }, 'answered');
    });
    next();
  };
}
