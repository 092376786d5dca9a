import { Router } from 'express';
import { LedgerError } from '../base/errors.js';

/** Services of PS3.18 that are not there yet, below the DICOMweb root. */
const MISSING: readonly [path: string, name: string][] = [
  ['/workitems{/*rest}', 'Unified Procedure Step (PS3.18 §11)'],
  ['/subscribers{/*rest}', 'Unified Procedure Step events (PS3.18 §11)'],
  ['/commitment-requests{/*rest}', 'Storage Commitment (PS3.18 §13)'],
  ['/modality-scheduled-procedure-steps{/*rest}', 'Modality Worklist (PS3.18 §14)'],
  ['/modality-performed-procedure-steps{/*rest}', 'Modality Performed Procedure Step (PS3.18 §15)'],
  ['/wado', 'The URI service (PS3.18 §9)'],
  ...[
    '/studies/:study',
    '/studies/:study/series/:series',
    '/studies/:study/series/:series/instances/:instance',
  ].flatMap((parent): [string, string][] => [
    [`${parent}/bulkdata`, 'All bulk data of a resource at once (PS3.18 §10.4.1.1.5)'],
    [`${parent}/pixeldata`, 'All pixel data of a resource at once (PS3.18 §10.4.1.1.6)'],
  ]),
];

/** Answers 501 for the services that are not there, so that nobody takes a 404 for an empty archive. */
export function notImplementedRoutes(): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, name] of MISSING) router.all(path, () => refuse(name));
  router.options('/{*any}', () => refuse('Retrieve Capabilities (PS3.18 §8.9)'));
  return router;
}

/** Throws `not-implemented`. */
export function refuse(name: string): never {
  throw new LedgerError('not-implemented', `${name} is not there yet; the conformance statement lists what is.`);
}
