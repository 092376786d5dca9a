import type { DicomJson } from '../../standard/dicom-json.js';
import { parse } from 'content-type';
import type { Request, Response } from 'express';
import type { Archive, FoundInstance } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import { linkAcceptance } from '../stow/send-acceptance.js';
import { expectBody } from '../message/request-body.js';
import { addWarning, ignoredParameters } from '../message/add-warning.js';
import { dicomwebRoot, queryOf } from '../message/dicomweb-root.js';
import { pathOf, requireUid } from '../message/find-instances.js';
import { noteUsedStudies } from '../message/used-studies.js';
import { jsonArray, sendJson } from '../message/send-json.js';
import { sendPayload } from '../message/send-payload.js';
import { requireAvailable } from '../stow/receive-parts.js';
import { reasonText, storeStatus } from '../stow/store-response-module.js';
import { DEFAULT_IDLE_MS, type UploadOptions } from '../stow/store-instances.js';
import { receiveForm, unknownFields, type UploadedFile } from './receive-form.js';
import { requirePatientId } from '../stow/read-image-parameters.js';

type Call = UploadOptions & { request: Request; response: Response };

/** The JPG and PNG files of a patient as a JSON list, the newest first. */
export async function listImages(archive: Archive, { request, response, publicUrl }: Call): Promise<void> {
  const rootUrl = dicomwebRoot(request, publicUrl);
  const PatientID = patientOf(request);
  const version = await archive.version();
  await sendJson(request, response, {
    mediaType: 'application/json; charset=utf-8',
    etagParts: version === undefined ? undefined : [rootUrl, PatientID, version],
    chunks: () => jsonArray(listTexts(archive.images(PatientID), { PatientID, rootUrl })),
  });
}

/** Stores the JPG and PNG files of a multipart/form-data body for a patient, and says of each what became of it. */
export async function storeImages(archive: Archive, { request, response, ...options }: Call): Promise<void> {
  const rootUrl = dicomwebRoot(request, options.publicUrl);
  const PatientID = patientOf(request);
  requireForm(request);
  const stop = expectBody(request, response, {
    idleMs: options.idleMs ?? DEFAULT_IDLE_MS,
    maxBytes: options.maxInstanceBytes,
  });
  const files = await receiveForm(archive, { request, response, PatientID }).finally(stop);
  if (files.length === 0)
    throw new LedgerError('bad-request', 'The form holds no file; send at least one JPG or PNG with its file name.');
  const outcomes = files.map(({ outcome }) => outcome);
  noteUsedStudies(response, outcomes);
  requireAvailable(outcomes);
  await linkAcceptance(archive, { request, response, outcomes, ...options });
  const unknown = unknownFields(request);
  if (unknown.length > 0) addWarning(response, rootUrl, ignoredParameters(unknown));
  response.status(storeStatus(outcomes));
  response.json(files.map((file) => answered(file, { PatientID, rootUrl })));
}

/** The newest image of a name as the bytes that were uploaded; `?uid=` names exactly one. */
export async function sendImage(archive: Archive, { request, response }: Call): Promise<void> {
  const image = await findImage(archive, request);
  requireSealed(image);
  const payload = (await archive.open(image)).storedFile();
  response.setHeader('Content-Disposition', inlineAs(nameOf(image)));
  await sendPayload(request, response, { payload });
}

function patientOf(request: Request): string {
  const { PatientID } = request.params;
  return requirePatientId(typeof PatientID === 'string' ? PatientID : undefined);
}

function requireForm(request: Request): void {
  const { type, parameters } = parse(request.headers['content-type'] ?? '');
  if (type !== 'multipart/form-data')
    throw new LedgerError(
      'unsupported-media-type',
      `${type === '' ? 'A body without Content-Type' : type.slice(0, 80)} is no form; send multipart/form-data.`,
      { details: { accept: ['multipart/form-data'] } },
    );
  if (!parameters.boundary)
    throw new LedgerError('bad-request', 'The Content-Type multipart/form-data has no boundary; add the parameter.');
}

/** The newest of the name that was not retired, or the one of `?uid=`. Throws `not-found`, `gone`. */
async function findImage(archive: Archive, request: Request): Promise<FoundInstance> {
  const { name } = request.params;
  const images: FoundInstance[] = [];
  for await (const image of archive.images(patientOf(request), String(name))) images.push(image);
  const uid = queryOf(request).get('uid');
  const wanted = uid === null ? images : images.filter((image) => image.SOPInstanceUID === requireUid(uid));
  const found = wanted.find((image) => image.state !== 'retired');
  if (found !== undefined) return found;
  if (wanted.length > 0) throw new LedgerError('gone', 'The image was retired; its bytes are not given out any more.');
  throw new LedgerError('not-found', 'The patient has no such image here; GET …/images lists those that there are.');
}

/** A file that came without a name goes by its UID. */
function nameOf(image: FoundInstance): string {
  return image.fileName ?? image.SOPInstanceUID;
}

interface Place {
  PatientID: string;
  rootUrl: string;
}

function imageUrl({ PatientID, rootUrl }: Place, { name, uid }: { name: string; uid: string }): string {
  return `${rootUrl}/patients/${encodeURIComponent(PatientID)}/images/${encodeURIComponent(name)}?uid=${uid}`;
}

/** One at a time: a patient may have thousands. */
async function* listTexts(images: AsyncIterable<FoundInstance>, place: Place): AsyncGenerator<string> {
  for await (const image of images) yield JSON.stringify(listed(image, place));
}

function listed(image: FoundInstance, place: Place): Record<string, unknown> {
  const name = nameOf(image);
  const { SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID, instance: attributes } = image;
  return {
    name,
    // Acquisition Date and Time, as uploaded; absent where it was not told.
    acquisition: `${textOf(attributes['00080022'])}${textOf(attributes['00080032'])}` || undefined,
    storedAt: new Date(image.announcedAt * 1000).toISOString(),
    bytes: image.byteCount,
    mediaType: image.mediaType,
    state: image.state,
    SOPInstanceUID,
    SeriesInstanceUID,
    StudyInstanceUID,
    url: imageUrl(place, { name, uid: SOPInstanceUID }),
    instanceUrl: `${place.rootUrl}${pathOf(image)}`,
  };
}

function textOf(element: DicomJson[string] | undefined): string {
  const [value = ''] = element?.Value ?? [];
  return typeof value === 'string' ? value : '';
}

function answered({ fileName, outcome }: UploadedFile, place: Place): Record<string, unknown> {
  if (outcome.kind === 'refused')
    return { name: fileName, status: 'refused', reason: reasonText(outcome.reason), message: outcome.message };
  const { SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID, alreadyThere, warning } = outcome;
  return {
    name: fileName,
    status: alreadyThere ? 'already there' : 'stored',
    ...(warning && { reason: reasonText(warning.reason), message: warning.message }),
    SOPInstanceUID,
    SeriesInstanceUID,
    StudyInstanceUID,
    url: imageUrl(place, { name: fileName, uid: SOPInstanceUID }),
    instanceUrl: `${place.rootUrl}${pathOf(outcome)}`,
  };
}

/**
 * `inline` with the name under which a browser saves the bytes (RFC 6266 §4.3): plain ASCII for old clients, and the whole
 * name as RFC 8187 §3.2 has it.
 */
export function inlineAs(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%/]/g, '_');
  const encoded = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
