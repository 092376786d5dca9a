import { Router, type RequestHandler } from 'express';
import { LedgerError } from '../base/errors.js';
import { DICOMWEB_PATH } from './message/request-url.js';

/** Why nothing is stored just now. */
export interface StoringStopped {
  code: string;
  sentence: string;
}

/**
 * Answers whatever would write to the chain with 503 and Retry-After while `stopped` gives a reason, before a body is read
 * (PS3.18 §10.5.3): stores, uploaded images, retirements. `disk-low` is `out-of-space`, all else `unavailable`.
 */
export function storeGate(stopped: () => StoringStopped | undefined): Router {
  const router = Router({ caseSensitive: true });
  const gate: RequestHandler = (_request, _response, next) => {
    const why = stopped();
    if (why === undefined) return next();
    throw new LedgerError(why.code === 'disk-low' ? 'out-of-space' : 'unavailable', why.sentence, { retryable: true });
  };
  for (const path of ['/studies', '/studies/:study', '/patients/:PatientID/images'])
    router.post(`${DICOMWEB_PATH}${path}`, gate);
  router.delete(`${DICOMWEB_PATH}/studies/:study/series/:series/instances/:instance`, gate);
  router.post('/ledger/instances/:instance/retire', gate);
  return router;
}
