import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Principal } from '../access/principal.js';
import { LedgerError, type ErrorCode } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { FAILURES } from './failures.js';
import { html } from './pages/html.js';
import { sendPage } from './pages/layout.js';

const RETRY_AFTER_S = 5;

/**
 * Answers every error that reaches the end of the routes: application/problem+json (RFC 9457), or text/plain for whoever
 * prefers text, and a page for a person who goes there with a browser; who is not logged in is led to the page to log in. Nothing of the server's inside goes out; errors of 500 and above are logged under the `instance` of
 * the answer, but for what is not there: who asks for that is told, and nobody else has to do anything. An answer that has begun is broken off, so that nobody takes half for the whole.
 */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    // Broken off, because nobody waits for it any more.
    if (response.destroyed && (thrown as Partial<Error> | undefined)?.name === 'AbortError') return;
    const error = asLedgerError(thrown);
    const failure = FAILURES[error.code];
    const instance = `urn:uuid:${randomUUID()}`;
    if (failure.status >= 500 && error.code !== 'not-implemented' && !request.destroyed)
      log.error({ err: thrown, instance }, error.message);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const detail = failure.detail ?? error.message;
    if (error.code === 'unauthenticated' && isNavigation(request)) {
      clearPayloadHeaders(response);
      response.setHeader('Cache-Control', 'no-store');
      response.redirect(302, `/login?return=${encodeURIComponent(request.originalUrl)}`);
      return;
    }
    const asText = request.accepts(['application/problem+json', 'application/json', 'text/plain', 'text/html']);
    clearPayloadHeaders(response);
    setFailureHeaders(response, error, failure.status);
    response.status(failure.status);
    if (request.headers['sec-fetch-mode'] === 'navigate') {
      sendPage(response, {
        title: failure.title,
        principal: response.locals['principal'] as Principal | undefined,
        body: html`<div class="narrow">
          <h1>${failure.title}</h1>
          <p>${detail}</p>
          <p><a class="button" href="/login">Who is logged in here</a></p>
        </div>`,
      });
      return;
    }
    if (asText === 'text/plain' || asText === 'text/html') {
      response.type('text/plain').send(`${failure.title}: ${detail}\n`);
      return;
    }
    response.setHeader('Content-Type', 'application/problem+json');
    response.end(
      JSON.stringify({
        type: 'about:blank',
        title: failure.title,
        status: failure.status,
        detail,
        instance,
        code: error.code,
      }),
    );
  };
}

/** Whether a person goes to a page, rather than a program or the page's own code asking for something. */
function isNavigation({ method, headers }: Request): boolean {
  const mode = headers['sec-fetch-mode'];
  const isPage = mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate';
  return isPage && (method === 'GET' || method === 'HEAD');
}

/** Headers that a route set for an answer that is not given. */
function clearPayloadHeaders(response: Response): void {
  for (const name of ['Content-Length', 'Content-Disposition', 'Content-Location', 'Location', 'ETag', 'Cache-Control'])
    response.removeHeader(name);
}

function setFailureHeaders(response: Response, error: LedgerError, status: number): void {
  const { allow, accept, acceptEncoding, byteCount, retryAfterS: givenS, challenge } = error.details;
  response.setHeader('Cache-Control', 'no-store');
  if ((status === 405 || status === 501) && Array.isArray(allow)) response.setHeader('Allow', allow.join(', '));
  if (status === 415 && Array.isArray(accept)) response.setHeader('Accept', accept.join(', '));
  // RFC 9110 §12.5.3: what the codings of a request can be.
  if (status === 415 && Array.isArray(acceptEncoding)) response.setHeader('Accept-Encoding', acceptEncoding.join(', '));
  if (status === 416 && typeof byteCount === 'number') response.setHeader('Content-Range', `bytes */${byteCount}`);
  if (status === 401)
    response.setHeader('WWW-Authenticate', typeof challenge === 'string' ? challenge : 'Bearer realm="dicom-ledger"');
  if (status === 503 || status === 429)
    response.setHeader('Retry-After', String(typeof givenS === 'number' ? givenS : RETRY_AFTER_S));
}

/** Express, what serves its files, and the body parsers mark the client's own mistakes with a 4xx `status`. */
function asLedgerError(thrown: unknown): LedgerError {
  if (thrown instanceof LedgerError) return thrown;
  const { status, headers } = (thrown instanceof Error ? thrown : {}) as HttpError;
  if (status === 416) {
    const [, byteCount] = /\*\/(\d+)$/.exec(headers?.['Content-Range'] ?? '') ?? [];
    return new LedgerError('range-not-satisfiable', `The file has ${byteCount} bytes; ask for a range within them.`, {
      details: { byteCount: Number(byteCount) },
      cause: thrown,
    });
  }
  const code = CLIENT_ERRORS[String(status)];
  if (code !== undefined) {
    const sentence =
      thrown instanceof URIError ? 'The URL has a percent sign that is not followed by two hex digits of UTF-8.' : '';
    return new LedgerError(code, sentence || `The request could not be read; HTTP status ${String(status)}.`, {
      cause: thrown,
    });
  }
  return new LedgerError('internal', thrown instanceof Error ? thrown.message : 'Not an Error was thrown.', {
    cause: thrown,
  });
}

interface HttpError {
  status?: number;
  headers?: Record<string, string>;
}

const CLIENT_ERRORS: Partial<Record<string, ErrorCode>> = {
  400: 'bad-request',
  413: 'too-large',
  415: 'unsupported-media-type',
};
