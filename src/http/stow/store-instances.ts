import { parse } from 'content-type';
import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive, ImageParameters, PartMediaType } from '../../archive/archive.js';
import type { Outcome } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { readMultipart } from '../message/read-multipart.js';
import { nativeModelXml } from '../message/native-model-xml.js';
import { linkAcceptance } from './send-acceptance.js';
import { receiveParts, requireAvailable, unsupported } from './receive-parts.js';
import { inflatedBody } from '../message/inflated-body.js';
import { requestBody, bodyStream, expectBody } from '../message/request-body.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import {
  storeLocation,
  storeResponseKeyword,
  storeResponseModule,
  storeStatus,
  storeWarnings,
} from './store-response-module.js';
import { readImageParameters, unknownImageParameters } from './read-image-parameters.js';
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

type Receive = () => Promise<Promise<Outcome>[]>;

interface StoreParameters {
  StudyInstanceUID: string | undefined;
  /** The sender may retire what a rejection note names. */
  mayRetire: boolean;
  maxInstanceBytes: number;
}

/** Checks everything that the headers and the URL tell, and returns what reads the body. */
function storeByMediaType(archive: Archive, request: Request, parameters: StoreParameters): Receive {
  const header = request.headers['content-type'] ?? '';
  const { type, parameters: typeParameters } = parse(header);
  const coding = codingOf(request);
  const body = (): AsyncGenerator<Buffer> =>
    coding === 'gzip'
      ? inflatedBody(requestBody(request), { maxBytes: parameters.maxInstanceBytes })
      : requestBody(request);
  const { StudyInstanceUID, mayRetire } = parameters;

  if (type === 'multipart/related') {
    if (!typeParameters.boundary)
      throw new LedgerError('bad-request', 'The Content-Type multipart/related has no boundary; add the parameter.');
    const rootType = typeParameters.type === undefined ? undefined : parse(typeParameters.type).type;
    if (rootType !== undefined && rootType !== 'application/dicom')
      throw unsupported(`multipart/related; type="${rootType.slice(0, 80)}"`);
    const { boundary } = typeParameters;
    return () => receiveParts(archive, readMultipart(body(), { boundary }), { StudyInstanceUID, mayRetire, rootType });
  }
  if (!isPartMediaType(type)) throw unsupported(type === '' ? 'A body without Content-Type' : type.slice(0, 80));

  const byteCount = Number(request.headers['content-length']);
  if (byteCount === 0) throw new LedgerError('bad-request', 'The request has no body; send one instance in it.');
  if (coding === 'identity' && byteCount > parameters.maxInstanceBytes)
    throw new LedgerError(
      'too-large',
      `The instance has ${byteCount} bytes; this server takes ${parameters.maxInstanceBytes} (MAX_INSTANCE_BYTES).`,
    );
  const study = StudyInstanceUID === undefined ? {} : { StudyInstanceUID };
  const image = type === 'application/dicom' ? {} : { image: imageOf(request, StudyInstanceUID) };
  return async () => {
    const { outcome } = await archive.receive({
      mediaType: type,
      body: bodyStream(body()),
      mayRetire,
      ...study,
      ...image,
    });
    return [outcome.then(requireFits)];
  };
}

/** How the body is coded (RFC 9110 §8.4). Throws `unsupported-media-type` with what there is. */
function codingOf(request: Request): 'gzip' | 'identity' {
  const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '') return 'identity';
  // RFC 9110 §8.4.1.3: x-gzip is the same.
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  throw unsupported(`Content-Encoding "${coding.slice(0, 80)}"`);
}

/** 413 also for an instance whose length nobody told before. */
function requireFits(outcome: Outcome): Outcome {
  if (outcome.kind === 'refused' && outcome.code === 'too-large') throw new LedgerError('too-large', outcome.message);
  return outcome;
}

/** The parameters of a single image are those of the query (`?PatientID=…&fileName=…`). */
function imageOf(request: Request, StudyInstanceUID: string | undefined): ImageParameters {
  const query = queryOf(request);
  const image = readImageParameters(query.get('PatientID') ?? undefined, (name) => query.get(name) ?? undefined);
  if (StudyInstanceUID === undefined) return image;
  if (image.StudyInstanceUID !== undefined && image.StudyInstanceUID !== StudyInstanceUID)
    throw new LedgerError(
      'bad-request',
      `StudyInstanceUID ${image.StudyInstanceUID} is not the study ${StudyInstanceUID} of the URL; send one of them.`,
    );
  return { ...image, StudyInstanceUID };
}

function isImage(request: Request): boolean {
  return parse(request.headers['content-type'] ?? '').type.startsWith('image/');
}

function isPartMediaType(type: string): type is PartMediaType {
  return type === 'application/dicom' || type === 'image/jpeg' || type === 'image/png';
}
