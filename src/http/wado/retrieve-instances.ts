import type { Request, Response } from 'express';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import type { Representation } from '../../archive/stored-instance.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import { lastModified } from '../message/last-modified.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { bulkOffers, sendAllBulkData, type FormOf } from './all-bulk-data.js';
import { type Choice, isNotToBeHad, objectOffers, openInstance } from './object-offers.js';
import { oneBitReason } from './one-bit-reason.js';
import { sendZip } from './send-zip.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { partsAhead } from '../message/parts-ahead.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { answersFresh, etagOf, multipartEtag, sendMultipart, sendPayload } from '../message/send-payload.js';
import { addWarning } from '../message/add-warning.js';

const DICOM = 'application/dicom';
const ZIP = 'application/zip';

/** What of the instances is sent, and in what. */
type Answer = { in: 'parts' | 'zip'; choose: Choice } | { in: 'bulk data'; formOf: FormOf };

/**
 * A study, a series or an instance as DICOM files (PS3.18 §10.4.1.1.1), in parts or in a zip; as octets its bulk data, which that stands
 * for (§10.4.4).
 */
export async function retrieveInstances(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const found = await findInstances(archive, ids);
  const root = dicomwebRoot(request, publicUrl);
  const { value: answer, ...offer } = negotiate(request, offers(archive, { found, ids }), {
    reason: oneBitReason(found),
  });
  if (answer.in === 'bulk data') {
    const bulkOffer = { ...offer, value: answer.formOf };
    await sendAllBulkData(archive, { request, response, root, found, kind: 'bulkdata', offer: bulkOffer });
    return;
  }
  const { choose } = answer;
  const sealed = found.filter(({ state }) => state !== 'announced');
  if (sealed.length === 0) requireSealed(found[0]);
  const chosen = sealed.filter((instance) => choose(instance).length > 0);
  const [first] = chosen;
  if (first === undefined)
    throw new LedgerError(
      'not-acceptable',
      'None of the instances can be had in that transfer syntax; ask for transfer-syntax=* to get them as stored.',
    );
  const missing = found.length - chosen.length;
  if (missing > 0) {
    response.status(206);
    addWarning(response, root, `${missing} of ${found.length} instances are not yet or not so available and left out.`);
  }
  if (answer.in === 'zip') {
    const etagParts = chosen.flatMap((instance) => [instance.sha256, best(choose, instance)]);
    await sendZip(archive, { request, response, name: nameOf(ids), chosen, choose, etagParts });
    return;
  }
  if (!offer.multipart) {
    await sendInstance(archive, { request, response, instance: first, ways: choose(first) });
    return;
  }
  await sendMultipart(request, response, {
    parts: partsAhead(objectParts(archive, { chosen, choose, root })),
    mediaType: DICOM,
    etagParts: multipartEtagParts({ root, transferSyntaxes: offer.transferSyntaxes, chosen, choose }),
    lastModified: ids.SOPInstanceUID === undefined ? undefined : changedAt(first, best(choose, first)),
  });
}

/** Sends one instance alone, as a DICOM file, in the first of the ways in which it turns out to be had. */
export async function sendInstance(
  archive: Archive,
  {
    request,
    response,
    instance,
    ways: [as = 'stored', ...others],
  }: { request: Request; response: Response; instance: FoundInstance; ways: readonly Representation[] },
): Promise<void> {
  const validators = { etag: instanceEtag(instance, as), lastModified: changedAt(instance, as) };
  if (answersFresh(request, response, validators)) return;
  const payload = await openInstance(archive, instance, [as]).catch((error: unknown) => {
    if (others.length === 0 || !isNotToBeHad(error)) throw error;
    return undefined;
  });
  if (payload === undefined) return sendInstance(archive, { request, response, instance, ways: others });
  await sendPayload(request, response, { payload, validators });
}

/** The ETags of all ways in which these instances of a resource can be had as DICOM files: what If-Match of DELETE may name. */
export function etagsOfInstances(
  archive: Archive,
  { found, ids, root }: { found: readonly FoundInstance[]; ids: ResourceUids; root: string },
): string[] {
  return objectOffers(archive, { found, ids }).flatMap(({ value: choose, multipart, transferSyntaxes }) => {
    const chosen = found.filter((instance) => choose(instance).length > 0);
    if (chosen.length === 0) return [];
    if (multipart) return multipartEtag(DICOM, multipartEtagParts({ root, transferSyntaxes, chosen, choose }));
    return chosen.flatMap((instance) => choose(instance).map((as) => instanceEtag(instance, as)));
  });
}

const instanceEtag = ({ sha256 }: FoundInstance, as: Representation): string => etagOf(['instance', sha256, as]);

function multipartEtagParts({ root, transferSyntaxes = [], chosen, choose }: EtagSource): string[] {
  return [root, ...transferSyntaxes, ...chosen.flatMap((instance) => [instance.sha256, best(choose, instance)])];
}

const best = (choose: Choice, instance: FoundInstance): Representation => choose(instance)[0] ?? 'stored';

interface EtagSource {
  root: string;
  transferSyntaxes: readonly string[] | undefined;
  chosen: readonly FoundInstance[];
  choose: Choice;
}

function changedAt(instance: FoundInstance, as: Representation | undefined): number | undefined {
  return lastModified(instance, { isStored: as === 'stored' || as === instance.transferSyntaxUID });
}

function offers(
  archive: Archive,
  { found, ids }: { found: readonly FoundInstance[]; ids: ResourceUids },
): Offer<Answer>[] {
  const objects = objectOffers(archive, { found, ids });
  const zips = objects.filter(({ multipart }) => multipart);
  return [
    ...objects.map((offer): Offer<Answer> => ({ ...offer, value: { in: 'parts', choose: offer.value } })),
    ...zips.map(({ value: choose, ...offer }): Offer<Answer> => ({
      ...offer,
      mediaType: ZIP,
      multipart: false,
      value: { in: 'zip', choose },
    })),
    ...bulkOffers(archive, found, 'bulkdata').map(({ value: formOf, ...offer }): Offer<Answer> => ({
      ...offer,
      value: { in: 'bulk data', formOf },
    })),
  ];
}

function* objectParts(
  archive: Archive,
  { chosen, choose, root }: { chosen: readonly FoundInstance[]; choose: Choice; root: string },
): Generator<MultipartPart | Promise<MultipartPart>> {
  for (const instance of chosen) {
    const contentLocation = `${root}${pathOf(instance)}`;
    const ways = choose(instance);
    const atHand = ways[0] === 'stored' ? archive.fileAtHand(instance) : undefined;
    yield atHand
      ? { payload: atHand, contentLocation }
      : openInstance(archive, instance, ways).then((payload) => ({ payload, contentLocation }));
  }
}

/** The UID of the resource itself. */
function nameOf({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: ResourceUids): string {
  return SOPInstanceUID ?? SeriesInstanceUID ?? StudyInstanceUID;
}
