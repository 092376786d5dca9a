import type { Response } from 'express';

/** Is aborted once nobody waits for the answer any more: its client has gone before it had all of it. */
export function untilGone(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  else
    response.once('close', () => {
      // To abort costs more than a look at the catalogue.
      if (!response.writableFinished) gone.abort();
    });
  return gone.signal;
}
