import type { Request } from 'express';
import { LedgerError } from '../../base/errors.js';
import { datedBefore } from './last-modified.js';

/**
 * Throws `precondition-failed` when the request names ETags by If-Match and none of `etags` is among them (RFC 9110 §13.1.1); `*` is
 * any. They are asked for only then. Weak ones count too, otherwise than there: ours differ from strong ones only in that the boundary of a multipart is drawn anew.
 * Where it names none, throws it for what was `lastModified` (in seconds since 1970) after the date of If-Unmodified-Since (§13.1.4).
 */
export function requireMatch(
  request: Request,
  { etags, lastModified }: { etags: () => readonly string[]; lastModified: number | undefined },
): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined) {
    requireUnmodified(request, lastModified);
    return;
  }
  if (wanted.trim() === '*') return;
  const named = new Set((wanted.match(/"[^"]*"/g) ?? []).map(String));
  if (etags().some((etag) => named.has(etag.replace(/^W\//, '')))) return;
  throw new LedgerError(
    'precondition-failed',
    'If-Match names none of the ETags that this resource has; ask for it again, look at it, and send the ETag of that answer.',
  );
}

function requireUnmodified({ headers }: Request, lastModified: number | undefined): void {
  const since = headers['if-unmodified-since'];
  if (since === undefined || lastModified === undefined || !datedBefore(since, lastModified)) return;
  throw new LedgerError(
    'precondition-failed',
    'The resource has changed after the date of If-Unmodified-Since; ask for it again, look at it, and send the Last-Modified of that answer.',
  );
}
