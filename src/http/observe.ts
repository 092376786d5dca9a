import type { RequestHandler } from 'express';
import type { Log } from '../log.js';
import type { Metrics } from './metrics.js';

/**
 * Logs and counts each request when its answer ends. The log has the path's pattern, no query and no values: a search names
 * patients, and so does `/patients/…`.
 */
export function observe(log: Log, { requests, receivedBytes, sentBytes }: Metrics): RequestHandler {
  return (request, response, next) => {
    const { socket } = request;
    const startedAt = performance.now();
    const readBefore = socket.bytesRead;
    const writtenBefore = socket.bytesWritten;
    response.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const { path } = (request.route ?? {}) as { path?: unknown };
      const route = typeof path === 'string' ? path : 'other';
      const { method } = request;
      const status = response.statusCode;
      const complete = response.writableFinished;
      requests.observe({ method, route, status }, seconds);
      receivedBytes.inc(socket.bytesRead - readBefore);
      sentBytes.inc(socket.bytesWritten - writtenBefore);
      log.debug({ method, route, status, ms: Math.round(seconds * 1000), complete }, 'answered');
    });
    next();
  };
}
