import expressCors, { type CorsOptions } from 'cors';
import type { RequestHandler } from 'express';
import type { Permission } from '../../access/principal.js';
import type { Method, Route } from '../route.js';

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

/** What pages of other origins may be used for. They can never withdraw what is stored, nor run the server. */
const PERMISSIONS: readonly Permission[] = ['read', 'write'];

const METHODS: readonly [Method, string[]][] = [
  ['GET', ['GET', 'HEAD']],
  ['POST', ['POST']],
  ['PUT', ['PUT']],
];

/**
 * Lets web pages of the listed origins (`*` = all) read and store what the rows have for that (Fetch standard §3.2), by a
 * token that they send themselves: never by the cookie of a session. The methods that a preflight names are those of such
 * rows but for DELETE, by which others would retire. A preflight is answered here and may be kept for a day; any other OPTIONS goes on. Errors
 * carry the headers too.
 */
export function cors(origins: readonly string[], rows: readonly Route[]): RequestHandler {
  const open = rows.filter(({ permission }) => PERMISSIONS.some((one) => one === permission));
  const options: CorsOptions = {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: [
      ...METHODS.filter(([method]) => open.some((row) => row.method === method)).flatMap(([, names]) => names),
      'OPTIONS',
    ],
    allowedHeaders: ACCEPTED,
    exposedHeaders: EXPOSED,
    maxAge: 86_400,
  };
  const preflight = expressCors(options);
  const plain = expressCors({ ...options, preflightContinue: true });
  return (request, response, next) => {
    const { origin, 'access-control-request-method': method } = request.headers;
    const isPreflight = request.method === 'OPTIONS' && origin !== undefined && method !== undefined;
    (isPreflight ? preflight : plain)(request, response, next);
  };
}
