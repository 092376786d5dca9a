import { Router, type Request, type Response } from 'express';
import type { Archive } from '../archive/archive.js';
import { deleteInstance } from './ledger/retire.js';
import type { RootOptions } from './message/request-url.js';
import { resource } from './message/resource.js';
import { retrieveBulkData } from './wado/retrieve-bulk-data.js';
import { retrieveFrames } from './wado/retrieve-frames.js';
import { retrieveInstances } from './wado/retrieve-instances.js';
import { retrieveMetadata } from './wado/retrieve-metadata.js';
import { retrieveRendered } from './wado/retrieve-rendered.js';
import { retrieveThumbnail } from './wado/retrieve-thumbnail.js';

const STUDY = '/studies/:study';
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;

type Answer = (archive: Archive, call: RootOptions & { request: Request; response: Response }) => Promise<void>;

/** WADO-RS (PS3.18 §10.4): retrieves of studies, series, instances and what is in them; DELETE of an instance. */
export function wadoRoutes(archive: Archive, options: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  const by = (answer: Answer) => (request: Request, response: Response) =>
    answer(archive, { ...options, request, response });
  resource(router, STUDY, { get: by(retrieveInstances) }, ['POST']);
  resource(router, SERIES, { get: by(retrieveInstances) });
  resource(router, INSTANCE, { get: by(retrieveInstances), delete: by(deleteInstance) });
  resource(router, `${INSTANCE}/frames/:frames`, { get: by(retrieveFrames) });
  resource(router, `${INSTANCE}/bulkdata/*path`, { get: by(retrieveBulkData) });
  for (const parent of [STUDY, SERIES, INSTANCE]) resource(router, `${parent}/metadata`, { get: by(retrieveMetadata) });
  for (const parent of [STUDY, SERIES, INSTANCE, `${INSTANCE}/frames/:frames`]) {
    resource(router, `${parent}/rendered`, { get: by(retrieveRendered) });
    resource(router, `${parent}/thumbnail`, { get: by(retrieveThumbnail) });
  }
  return router;
}
