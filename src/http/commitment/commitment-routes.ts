import type { RequestHandler } from 'express';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { routesOf, type Answer, type Route } from '../route.js';
import { checkCommitment, requestCommitment } from './request-commitment.js';

const REQUEST = `${DICOMWEB_PATH}/commitment-requests/:transaction`;

/** The rows of storage commitment: whoever stores asks what became of it. */
export function commitmentRoutes(by: (answer: Answer) => RequestHandler): Route[] {
  return routesOf({ service: 'Storage Commitment (PS3.18 §13)', permission: 'write', writes: false, audit: 'query' }, [
    ['POST', REQUEST, by(requestCommitment)],
    ['GET', REQUEST, by(checkCommitment)],
  ]);
}
