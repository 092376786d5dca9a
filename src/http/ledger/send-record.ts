import type { Request, Response } from 'express';
import type { Archive, FoundInstance } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { siteName } from '../message/archive-of-site.js';
import { requireUid } from '../message/find-instances.js';
import { CACHE_CONTROL } from '../message/send-payload.js';
import { sendJson } from '../message/send-json.js';
import { streamOut } from '../message/stream-out.js';

/** The SOP Instance UIDs that are sealed as newline-delimited JSON, one a line, in the order of the chain. */
export async function sendSealed(archive: Archive, { response }: { response: Response }): Promise<void> {
  await sendLines(response, sealedRows(archive));
}

/** What the ledger says of one instance, found by its SOP Instance UID alone. */
export async function sendRecord(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const text = JSON.stringify(await findRecord(archive, request.params.instance), null, 2);
  await sendJson(request, response, {
    mediaType: 'application/json',
    etagParts: [text],
    chunks: () => [`${text}\n`],
  });
}

/** What reading every piece of an instance from the chain again has shown. */
export async function sendVerification(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const result = await archive.verify(requireUid(request.params.instance));
  response.setHeader('Cache-Control', CACHE_CONTROL);
  response.json(result);
}

/** Throws `not-found`. Retired ones have a record too. */
async function findRecord(archive: Archive, text: string | string[] | undefined): Promise<Record<string, unknown>> {
  const SOPInstanceUID = requireUid(text);
  const found = await archive.instance(SOPInstanceUID);
  if (found !== undefined) {
    const site = siteName(await archive.sites(), found.siteId);
    return { ...recordOf(found, site), body: await archive.body(found) };
  }
  throw new LedgerError(
    'not-found',
    `${SOPInstanceUID} is not announced on the chain; if it was just accepted, ask again in a moment.`,
  );
}

/** Times in ISO 8601, block numbers as decimal text; no patient attributes and no file name. */
function recordOf(instance: FoundInstance, site: string): Record<string, unknown> {
  const { announcedBlock, sealedBlock, announcedAt, sealedAt, retiredAt, retiredReason } = instance;
  return {
    SOPInstanceUID: instance.SOPInstanceUID,
    SeriesInstanceUID: instance.SeriesInstanceUID,
    StudyInstanceUID: instance.StudyInstanceUID,
    SOPClassUID: instance.SOPClassUID,
    state: instance.state,
    siteId: instance.siteId,
    site,
    isVerified: instance.isVerified,
    isRetirementHeld: instance.isRetirementHeld,
    imageId: instance.imageId,
    patientKey: instance.patientKey,
    mediaType: instance.mediaType,
    transferSyntaxUID: instance.transferSyntaxUID,
    byteCount: instance.byteCount,
    sha256: instance.sha256,
    announced: { block: announcedBlock.toString(), at: isoTime(announcedAt) },
    sealed: sealedAt === undefined ? null : { block: sealedBlock?.toString() ?? null, at: isoTime(sealedAt) },
    retired: retiredAt === undefined ? null : { at: isoTime(retiredAt), reason: retiredReason ?? null },
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** The sealed images that there is no key for here as newline-delimited JSON, one a line. */
export async function sendLocked(archive: Archive, { response }: { response: Response }): Promise<void> {
  await sendLines(response, archive.lockedImages());
}

/** What reading all bodies of an image without its key has shown. */
export async function sendLockedVerification(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const imageId = String(request.params.image).toLowerCase();
  if (!/^0x[0-9a-f]{64}$/.test(imageId))
    throw new LedgerError('bad-request', `${imageId} is no image ID: write 0x and 64 hex digits.`);
  const result = await archive.verifyLocked(imageId);
  response.setHeader('Cache-Control', CACHE_CONTROL);
  response.json(result);
}

async function* linesOf(rows: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

async function* sealedRows(archive: Archive): AsyncGenerator<object> {
  for await (const SOPInstanceUID of archive.sealedSOPInstanceUIDs()) yield { SOPInstanceUID };
}

async function sendLines(response: Response, rows: AsyncIterable<object>): Promise<void> {
  response.setHeader('Content-Type', 'application/x-ndjson');
  response.setHeader('Cache-Control', 'no-store');
  await streamOut(response, linesOf(rows));
}
