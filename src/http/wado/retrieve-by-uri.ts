import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import type { Representation } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, requireUid } from '../message/find-instances.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { oneBitReason } from './one-bit-reason.js';
import { renderedOffers, type Choice, type Subject } from './rendered-offers.js';
import { objectOffers } from './object-offers.js';
import { sendInstance } from './retrieve-instances.js';
import { sendRendered } from './send-rendered.js';
import { uriParameters } from './uri-parameters.js';

const NumberOfFrames = '00280008';
const Rows = '00280010';
const Columns = '00280011';

type Answer = { rendered: Choice } | { ways: readonly Representation[] };

/**
 * The URI service (PS3.18 §9): one instance, to look at or as it is. A picture, report or document is shown unless `contentType` or Accept
 * says otherwise; an image of several frames is sent as application/dicom unless `frameNumber` names one.
 */
export async function retrieveByUri(
  archive: ReadingArchive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  response.vary('Accept');
  const query = queryOf(request);
  const [instance] = await findInstances(archive, uidsOf(query));
  const parameters = uriParameters(query, sizeOf(instance));
  const { frameNumber } = parameters;
  if (frameNumber !== undefined) requireFrame(instance, frameNumber);
  const subject: Subject = { instance, ...(frameNumber !== undefined && { frames: [frameNumber] }) };
  const subjects = { alone: subject, each: [subject] as const, missingFrames: 0 };
  const { value } = negotiate(request, offersOf(archive, subject), {
    acceptNames: ['contentType', 'accept'],
    reason: oneBitReason([instance]),
  });
  const root = dicomwebRoot(request, publicUrl);
  if ('rendered' in value) {
    await sendRendered(archive, { request, response, root, subjects, choice: value.rendered, parameters });
    return;
  }
  requireSealed(instance);
  if (parameters.ofPictures.length > 0) addWarning(response, root, ignoredParameters(parameters.ofPictures));
  await sendInstance(archive, { request, response, instance, ways: value.ways });
}

function offersOf(archive: ReadingArchive, subject: Subject): Offer<Answer>[] {
  const { instance, frames } = subject;
  const { SOPInstanceUID } = instance;
  const rendered = renderedOffers(archive, { alone: subject, each: [subject], missingFrames: 0 })
    .filter(({ multipart }) => !multipart)
    .map(({ value, ...offer }): Offer<Answer> => ({ ...offer, value: { rendered: value } }));
  const objects = objectOffers(archive, { found: [instance], ids: { ...instance, SOPInstanceUID } })
    .filter(({ multipart }) => !multipart)
    .map(({ value: choose, ...offer }): Offer<Answer> => ({ ...offer, value: { ways: choose(instance) } }));
  return frameCountOf(instance) > 1 && frames === undefined ? [...objects, ...rendered] : [...rendered, ...objects];
}

/** Throws `bad-request` for another `requestType`, and for a UID that is missing or none. */
function uidsOf(query: URLSearchParams): ResourceUids {
  const requestType = query.get('requestType');
  if (requestType !== 'WADO')
    throw new LedgerError(
      'bad-request',
      `requestType=${(requestType ?? '').slice(0, 80)} is not known; the URI service needs requestType=WADO, studyUID, seriesUID and objectUID.`,
    );
  const uid = (name: string): string => {
    const value = query.get(name) ?? '';
    if (value === '') throw new LedgerError('bad-request', `${name} is missing; it is the UID of what is asked for.`);
    return requireUid(value);
  };
  return { StudyInstanceUID: uid('studyUID'), SeriesInstanceUID: uid('seriesUID'), SOPInstanceUID: uid('objectUID') };
}

/** Throws `bad-request` for a frame of what is no multi-frame image, and for one that it does not have (PS3.18 §9.5.2.1). */
function requireFrame(instance: FoundInstance, frameNumber: number): void {
  const count = frameCountOf(instance);
  if (frameNumber <= count) return;
  const has = count === 0 ? 'is no multi-frame image; leave frameNumber out' : `has ${count} frames`;
  throw new LedgerError('bad-request', `frameNumber=${frameNumber} cannot be shown: the instance ${has}.`);
}

/** 0 for what is no multi-frame image. */
function frameCountOf(instance: FoundInstance): number {
  return numberOf(instance, NumberOfFrames) ?? 0;
}

function sizeOf(instance: FoundInstance): { width: number; height: number } | undefined {
  const [height, width] = [numberOf(instance, Rows), numberOf(instance, Columns)];
  return height !== undefined && width !== undefined ? { width, height } : undefined;
}

function numberOf({ instance }: FoundInstance, tag: keyof FoundInstance['instance']): number | undefined {
  const number = Number(instance[tag]?.Value?.[0]);
  return number > 0 ? number : undefined;
}
