import type { RequestHandler } from 'express';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
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
    gives: ['application/dicom+json', 'application/json', 'application/dicom+xml'],
  } as const;
  return [
    ...routesOf({ ...service, takes: ['application/dicom+json', 'application/json'] }, [
      ['POST', REQUEST, by(requestCommitment), 'RequestCommitment'],
    ]),
    ...routesOf(service, [['GET', REQUEST, by(checkCommitment), 'CheckCommitmentResult']]),
  ];
}
