import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/request-url.js';
import { findInstances, idsOf } from '../message/resource.js';

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

/** Throws `bad-request` for a reason that the contract would refuse. */
export function checkReason(reason: unknown): string {
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new LedgerError('bad-request', 'A reason is missing: say why the instance is retired, without patient data.');
  const byteCount = Buffer.byteLength(reason);
  if (byteCount > MAX_REASON_BYTES)
    throw new LedgerError('bad-request', `The reason has ${byteCount} bytes; shorten it to ${MAX_REASON_BYTES}.`);
  return reason;
}
