import express, { type Request, type Response } from 'express';
import { promisify } from 'node:util';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import { findInstances, idsOf, requireUid } from '../message/find-instances.js';

/** IImageLedger.retire. */
const MAX_REASON_BYTES = 256;

/**
 * DELETE of an instance: retires it on the chain for all sites and answers 204; from then on it is 410. `?reason=` is kept
 * on the chain in clear. DICOMweb has no such transaction; this is what other archives do.
 */
export async function deleteInstance(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const [instance] = await findInstances(archive, idsOf(request));
  await archive.retire(instance.SOPInstanceUID, checkReason(queryOf(request).get('reason') ?? 'deleted by DICOMweb'));
  response.status(204).end();
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
