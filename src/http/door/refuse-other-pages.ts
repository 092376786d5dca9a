import type { Request, RequestHandler } from 'express';
import { bearerCredential } from '../../access/bearer-credential.js';
import { LedgerError } from '../../base/errors.js';

export interface PageOrigins {
  PUBLIC_URL: string | undefined;
  /** Pages of other origins that may store, by a bearer token. */
  CORS_ORIGINS: readonly string[];
}

const READS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses with `forbidden` what a page of another origin sends that is no mere read (Fetch Metadata, and the Origin header of
 * RFC 6454 §7): a browser adds the session's cookie to it by itself. A listed origin passes with a bearer token, which no
 * browser adds. Programs send neither header and go on. Below `except` viewers elsewhere exchange the code of their own login for a
 * token: nothing there acts by a cookie alone.
 */
export function refuseOtherPages(
  { PUBLIC_URL, CORS_ORIGINS }: PageOrigins,
  { except }: { except: string },
): RequestHandler {
  const publicOrigin = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).origin;

  function isOwn(origin: string, { protocol, headers }: Request): boolean {
    const address = `${protocol}://${headers.host}`;
    return origin === publicOrigin || (URL.canParse(address) && origin === new URL(address).origin);
  }

  function isListed(origin: string | undefined): boolean {
    return CORS_ORIGINS.includes('*') || (origin !== undefined && CORS_ORIGINS.includes(origin));
  }

  return (request, _response, next) => {
    const { origin, 'sec-fetch-site': site } = request.headers;
    if (READS.includes(request.method) || request.path.startsWith(`${except}/`)) return next();
    // The page's own word for it is best: under the referrer policy of our pages a form of theirs has the Origin "null".
    const isOurs =
      site === undefined ? origin === undefined || isOwn(origin, request) : site === 'same-origin' || site === 'none';
    if (isOurs || (isListed(origin) && bearerCredential(request) !== undefined)) return next();
    throw new LedgerError(
      'forbidden',
      `A page of ${origin === undefined ? 'another site' : `the origin "${origin.slice(0, 100)}"`} may not do this; pages of origins in CORS_ORIGINS may store with a bearer token.`,
    );
  };
}
