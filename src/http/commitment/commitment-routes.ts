import type { RequestHandler } from 'express';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { DATA_SET_MEDIA_TYPES } from '../message/data-set-media-types.js';
import { routesOf, type Answer, type Route } from '../route.js';
import { checkCommitment, requestCommitment } from './request-commitment.js';

const REQUEST = `${DICOMWEB_PATH}/commitment-requests/:transaction`;

/** The rows of storage commitment: whoever stores asks what became of it. */
export function commitmentRoutes(by: (answer: Answer) => RequestHandler): Route[] {
  const service = {
    service: 'Storage Commitment (PS3.18 §13)',
    permission: 'write',
    writes: false,
    audit: 'query',
  } as const;
  return [
    ...routesOf({ ...service, takes: DATA_SET_MEDIA_TYPES.taken, gives: DATA_SET_MEDIA_TYPES.one }, [
      ['POST', REQUEST, by(requestCommitment), 'RequestStorageCommitment'],
    ]),
    ...routesOf({ ...service, gives: DATA_SET_MEDIA_TYPES.one }, [
      ['GET', REQUEST, by(checkCommitment), 'CheckStorageCommitmentResult'],
    ]),
  ];
}
