import type { Request } from 'express';
import { LedgerError } from '../../base/errors.js';

/**
 * Throws `precondition-failed` when the request names ETags by If-Match and none of `etags` is among them (RFC 9110 §13.1.1); `*` is
 * any. They are asked for only then. Weak ones count too, otherwise than there: ours differ from strong ones only in that the boundary of a multipart is drawn anew.
 */
export function requireMatch(request: Request, etags: () => readonly string[]): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  const named = new Set((wanted.match(/"[^"]*"/g) ?? []).map(String));
  if (etags().some((etag) => named.has(etag.replace(/^W\//, '')))) return;
  throw new LedgerError(
    'precondition-failed',
    'If-Match names none of the ETags that this resource has; ask for it again, look at it, and send the ETag of that answer.',
  );
}
