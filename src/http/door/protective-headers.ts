import type { TLSSocket } from 'node:tls';
import type { RequestHandler } from 'express';

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  // Pages of other origins read by CORS or not at all: no picture of a patient in somebody's <img>.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'SAMEORIGIN',
  'Content-Security-Policy': "frame-ancestors 'self'",
  'Referrer-Policy': 'no-referrer',
};

const HEADER_LIST = Object.entries(HEADERS);

const A_YEAR_S = 31_536_000;

/**
 * Sets on every answer what keeps it from the pages of others. Over TLS browsers are told to come by TLS only (HSTS, RFC 6797),
 * but for `localhost`, where it would hold for everything else on that machine.
 */
export const protectiveHeaders: RequestHandler = (request, response, next) => {
  for (const [name, value] of HEADER_LIST) response.setHeader(name, value);
  if ((request.socket as Partial<TLSSocket>).encrypted === true && request.hostname !== 'localhost')
    response.setHeader('Strict-Transport-Security', `max-age=${A_YEAR_S}`);
  next();
};

/** On answers that depend on who asks: a shared cache is not to give one the answer of another (RFC 9110 §12.5.5). */
export const varyByCaller: RequestHandler = (_request, response, next) => {
  if (!response.hasHeader('Vary')) response.setHeader('Vary', 'Origin, Authorization, Cookie');
  else for (const name of ['Origin', 'Authorization', 'Cookie']) response.vary(name);
  next();
};
