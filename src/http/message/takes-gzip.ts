import type { Request, Response } from 'express';

/** Whether a client takes gzip for an answer, which says in Vary that it depends on that. */
export function takesGzip(request: Request, response: Response): boolean {
  response.vary('Accept-Encoding');
  return request.acceptsEncodings('gzip', 'identity') === 'gzip';
}
