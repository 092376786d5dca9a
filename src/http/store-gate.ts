import type { RequestHandler } from 'express';
import { LedgerError } from '../base/errors.js';

/** Why nothing is stored just now. */
export interface StoringStopped {
  /** That of the alarm: `disk-low`, `no-node`, … */
  code: string;
  sentence: string;
}

/**
 * Stands before every route that writes to the chain, and before its body is read (PS3.18 §10.5.3): while `stopped` gives a
 * reason, the answer is 503 with Retry-After. `disk-low` is `out-of-space`, every other reason `unavailable`.
 */
export function storeGate(stopped: () => StoringStopped | undefined): RequestHandler {
  return (_request, _response, next) => {
    const why = stopped();
    if (why === undefined) return next();
    throw new LedgerError(why.code === 'disk-low' ? 'out-of-space' : 'unavailable', why.sentence, { retryable: true });
  };
}
