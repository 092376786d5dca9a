import { parse } from 'content-type';
import type { Readable } from 'node:stream';
import type { Request } from 'express';
import type { Archive, ImageParameters, PartMediaType } from '../../archive/archive.js';
import type { Outcome } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import { inflatedBody } from '../message/inflated-body.js';
import { type Part, readMultipart } from '../message/read-multipart.js';
import { bodyStream, requestBody } from '../message/request-body.js';
import { readImageParameters } from './read-image-parameters.js';
import { METADATA_TYPES, receiveDataSets } from './receive-data-sets.js';
import { receiveParts, unsupported } from './receive-parts.js';

type Receive = () => Promise<Promise<Outcome>[]>;

interface StoreParameters {
  StudyInstanceUID: string | undefined;
  /** The sender may retire what a rejection note names. */
  mayRetire: boolean;
  maxInstanceBytes: number;
}

/** Checks everything that the headers and the URL of a store tell, and returns what reads the body. */
export function storeByMediaType(archive: Archive, request: Request, parameters: StoreParameters): Receive {
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
    const { boundary } = typeParameters;
    if (rootType !== undefined && METADATA_TYPES.includes(rootType))
      return () => receiveDataSets(archive, readMultipart(body(), { boundary }), { StudyInstanceUID, mayRetire });
    if (rootType !== undefined && !isPartMediaType(rootType))
      throw unsupported(`multipart/related; type="${rootType.slice(0, 80)}"`);
    const image = (): ImageParameters => imageOf(request, StudyInstanceUID);
    const options = { StudyInstanceUID, mayRetire, rootType, image };
    return () => receiveParts(archive, readMultipart(body(), { boundary }), options);
  }
  if (METADATA_TYPES.includes(type))
    return () => receiveDataSets(archive, onePart(header, bodyStream(body())), { StudyInstanceUID, mayRetire });
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

/** Metadata alone, whose values are all in it. */
async function* onePart(contentType: string, body: Readable): AsyncGenerator<Part> {
  yield { headers: new Map([['content-type', contentType]]), body };
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

function isPartMediaType(type: string): type is PartMediaType {
  return type === 'application/dicom' || type === 'image/jpeg' || type === 'image/png';
}
