import { parse } from 'content-type';
import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import type { Outcome } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { nativeModelXml } from '../message/native-model-xml.js';
import { linkAcceptance } from './send-acceptance.js';
import { requireAvailable } from './receive-parts.js';
import { expectBody } from '../message/request-body.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import {
  storeLocation,
  storeResponseKeyword,
  storeResponseModule,
  storeStatus,
  storeWarnings,
} from './store-response-module.js';
import { unknownImageParameters } from './read-image-parameters.js';
import { storeByMediaType } from './store-by-media-type.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';
import { noteUsedStudies } from '../message/used-studies.js';

export interface UploadOptions extends RootOptions {
  maxInstanceBytes: number;
  /** How long a client may send nothing while the server waits for it; 60 s unless told. */
  idleMs?: number;
}

export const DEFAULT_IDLE_MS = 60_000;

const RESPONSE_OFFERS: Offer<'json' | 'xml'>[] = [
  { mediaType: 'application/dicom+json', multipart: false, value: 'json' },
  { mediaType: 'application/json', multipart: false, value: 'json' },
  { mediaType: 'application/dicom+xml', multipart: false, value: 'xml' },
];

/** STOW-RS (PS3.18 §10.5): stores the instances of the body, into the study of the URL where it names one. */
export async function storeInstances(
  archive: Archive,
  {
    request,
    response,
    caller,
    ...options
  }: UploadOptions & { request: Request; response: Response; caller: Principal },
): Promise<void> {
  const mayRetire = caller.permissions.has('retire');
  const offer = negotiate(request, RESPONSE_OFFERS);
  const rootUrl = dicomwebRoot(request, options.publicUrl);
  const { study } = request.params;
  const StudyInstanceUID = study === undefined ? undefined : requireUid(study);
  const receive = storeByMediaType(archive, request, { StudyInstanceUID, mayRetire, ...options });
  const unknown = isImage(request) ? unknownImageParameters(queryOf(request).keys()) : [];

  const stop = expectBody(request, response, {
    idleMs: options.idleMs ?? DEFAULT_IDLE_MS,
    maxBytes: options.maxInstanceBytes,
  });
  const received = await receive().finally(stop);
  const outcomes = await Promise.all(received);
  if (outcomes.length === 0)
    throw new LedgerError('bad-request', 'The request holds no part; send at least one instance.');
  noteUsedStudies(response, outcomes);
  requireAvailable(outcomes);
  await linkAcceptance(archive, { request, response, outcomes, ...options });
  if (unknown.length > 0) addWarning(response, rootUrl, ignoredParameters(unknown));
  sendStoreResponse(response, { outcomes, rootUrl, offer });
}

function sendStoreResponse(
  response: Response,
  { outcomes, rootUrl, offer }: { outcomes: Outcome[]; rootUrl: string; offer: Offer<'json' | 'xml'> },
): void {
  const dataSet = storeResponseModule(outcomes, rootUrl);
  const location = storeLocation(outcomes, rootUrl);
  if (location !== undefined) response.set({ Location: location, 'Content-Location': location });
  const alreadyThere = outcomes.filter((outcome) => outcome.kind === 'stored' && outcome.alreadyThere).length;
  // Not of the standard: of how many parts nothing was written. The module cannot tell them from new ones.
  if (alreadyThere > 0) response.set('X-Already-Stored', String(alreadyThere));
  for (const sentence of storeWarnings(outcomes)) addWarning(response, rootUrl, sentence);
  response.status(storeStatus(outcomes));
  response.setHeader('Content-Type', offer.mediaType);
  response.end(offer.value === 'json' ? JSON.stringify(dataSet) : nativeModelXml(dataSet, storeResponseKeyword));
}

/** Whether it says to be images, alone or in a multipart. */
function isImage({ headers }: Request): boolean {
  const { type, parameters } = parse(headers['content-type'] ?? '');
  return (type === 'multipart/related' ? (parameters.type ?? '') : type).startsWith('image/');
}
