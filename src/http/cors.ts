import cors from 'cors';
import type { RequestHandler } from 'express';

const EXPOSED = [
  'Content-Length',
  'Content-Range',
  'Content-Location',
  'Content-Encoding',
  'Accept-Ranges',
  'ETag',
  'Location',
  'Warning',
  'Retry-After',
  'X-Total-Count',
];

const ACCEPTED = [
  'Accept',
  'Authorization',
  'Content-Type',
  'If-None-Match',
  'If-Modified-Since',
  'If-Range',
  'Prefer',
  'Range',
  'X-Requested-With',
];

/**
 * Lets web pages of the listed origins (`*` = all) read and store, never delete, without credentials (Fetch standard §3.2).
 * A preflight is answered here and may be kept for a day; any other OPTIONS goes on. Errors carry the headers too.
 */
export function corsFor(origins: readonly string[]): RequestHandler {
  const options: cors.CorsOptions = {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    allowedHeaders: ACCEPTED,
    exposedHeaders: EXPOSED,
    maxAge: 86_400,
  };
  const preflight = cors(options);
  const plain = cors({ ...options, preflightContinue: true });
  return (request, response, next) => {
    const { origin, 'access-control-request-method': method } = request.headers;
    const isPreflight = request.method === 'OPTIONS' && origin !== undefined && method !== undefined;
    (isPreflight ? preflight : plain)(request, response, next);
  };
}
