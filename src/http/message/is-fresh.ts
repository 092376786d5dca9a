import type { Request, Response } from 'express';

/**
 * Whether the client has what the answer's ETag names (RFC 9110 §13.1.2). Express' own `request.fresh` says no to
 * `Cache-Control: no-cache`, which speaks to caches and which `fetch` adds to every request with If-None-Match.
 */
export function isFresh(request: Request, response: Response): boolean {
  const wanted = request.headers['if-none-match'];
  const etag = response.getHeader('ETag');
  if (wanted === undefined || typeof etag !== 'string') return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (wanted.trim() === '*') return true;
  const opaque = (tag: string): string => tag.replace(/^W\//, '');
  return (wanted.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(etag));
}
