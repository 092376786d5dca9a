import type { Response } from 'express';

/** Is aborted once nobody waits for the answer any more: its client has gone, or has all of it. */
export function untilGone(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
}
