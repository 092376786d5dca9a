import express, { type Request, type Response } from 'express';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import type { Archive, FoundInstance } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { rejectionReason } from '../../standard/rejection-reason.js';
import { LedgerError } from '../../base/errors.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, requireUid } from '../message/find-instances.js';
import { newestOf } from '../message/last-modified.js';
import { requireMatch } from '../message/require-match.js';
import { etagsOfInstances } from '../wado/retrieve-instances.js';

/** IImageLedger.retire. */
const MAX_REASON_BYTES = 256;

/** A retirement waits for its block: so many at a time fill blocks, and leave room for those of others. */
const AT_A_TIME = 64;

/**
 * DELETE of a study, a series or an instance: retires all that is in it on the chain for all sites and answers 204; from then on it is
 * 410. `?reason=` is kept on the chain in clear; If-Match and If-Unmodified-Since keep what is another than its caller saw. DICOMweb has no such transaction;
 * this is what other archives do. Where one instance cannot be retired, the others are, and the answer says how many.
 */
export async function deleteInstances(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const found = await findInstances(archive, ids);
  requireMatch(request, {
    etags: () => etagsOfInstances(archive, { found, ids, root: dicomwebRoot(request, publicUrl) }),
    lastModified: newestOf(found),
  });
  const reason = checkReason(queryOf(request).get('reason') ?? 'deleted by DICOMweb');
  await retireAll(archive, { found, reason });
  response.status(204).end();
}

/**
 * dcm4chee's way to reject a study, a series or an instance (`POST …/reject/113001^DCM`): as DELETE, for the reason of that code; answers
 * how many instances that were. Throws `not-found` for another code.
 */
export async function rejectInstances(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const [code = '', scheme = ''] = String(request.params['code']).split('^');
  const reason = rejectionReason({ code, scheme });
  if (reason === undefined)
    throw new LedgerError(
      'not-found',
      'This is no code to reject by; there are 113001, 113037, 113038, 113039, each with ^DCM.',
    );
  const found = await findInstances(archive, ids);
  requireMatch(request, {
    etags: () => etagsOfInstances(archive, { found, ids, root: dicomwebRoot(request, publicUrl) }),
    lastModified: newestOf(found),
  });
  await retireAll(archive, { found, reason });
  response.json({ count: found.length });
}

/** Retires instances that were found. Throws `unavailable`, before any is retired, while one of them is being stored. */
async function retireAll(
  archive: Pick<Archive, 'retire'>,
  { found, reason }: { found: readonly FoundInstance[]; reason: string },
): Promise<void> {
  for (const instance of found) requireSealed(instance);
  const limit = pLimit(AT_A_TIME);
  const results = await Promise.allSettled(
    found.map(({ SOPInstanceUID }) =>
      limit(() => archive.retire(SOPInstanceUID, reason).catch((error: unknown) => exceptGone(error))),
    ),
  );
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason: why }) => why as unknown);
  const [first] = failures;
  if (first === undefined) return;
  if (!(first instanceof LedgerError))
    throw new LedgerError('internal', 'Some instances could not be retired.', { cause: first });
  if (failures.length === found.length) throw first;
  const message = `${failures.length} of ${found.length} instances could not be retired, the others are: ${first.message}`;
  throw new LedgerError(first.code, message, { details: first.details, retryable: first.retryable, cause: first });
}

/** Somebody else may have retired it at the same time. */
function exceptGone(error: unknown): void {
  if (!(error instanceof LedgerError) || error.code !== 'gone') throw error;
}

/** Answers only a JSON body, which no web page of another origin can send without a preflight: there is no login yet. */
const readJson = promisify(express.json({ limit: '16kb', type: 'application/json' }));

/** Retires an instance by its SOP Instance UID alone, for the reason in a JSON body `{"reason": "…"}`, and answers 204. */
export async function retireInstance(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  await readJson(request, response);
  if (!request.is('application/json'))
    throw new LedgerError('unsupported-media-type', 'Send {"reason": "…"} as application/json.', {
      details: { accept: ['application/json'] },
    });
  const { reason } = (request.body ?? {}) as { reason?: unknown };
  await archive.retire(requireUid(request.params.instance), checkReason(reason));
  response.status(204).end();
}

/** Throws `bad-request` for a reason that the contract would refuse. */
function checkReason(reason: unknown): string {
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new LedgerError('bad-request', 'A reason is missing: say why the instance is retired, without patient data.');
  const byteCount = Buffer.byteLength(reason);
  if (byteCount > MAX_REASON_BYTES)
    throw new LedgerError('bad-request', `The reason has ${byteCount} bytes; shorten it to ${MAX_REASON_BYTES}.`);
  return reason;
}
