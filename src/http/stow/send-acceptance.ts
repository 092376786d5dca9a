import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import type { InstanceProgress } from '../../archive/store/acceptance-state.js';
import type { Outcome } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import { serverUrl, type RootOptions } from '../message/dicomweb-root.js';
import { reasonText } from './store-response-module.js';

/** How far the instances of one accepted request have come. Throws `not-found` for an id that this server does not know. */
export async function sendAcceptance(
  archive: Archive,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const acceptance = await archive.acceptance(String(request.params.receipt));
  if (!acceptance)
    throw new LedgerError(
      'not-found',
      'There is no such receipt at this server; receipts are kept for 30 days at the one that gave them.',
    );
  response.setHeader('Cache-Control', 'no-store');
  response.json({ ...acceptance, instances: acceptance.instances.map(shown) });
}

/** With the reason of a refusal as DICOM writes it: four hex digits. */
function shown(instance: InstanceProgress): Record<string, unknown> {
  return instance.state === 'refused' ? { ...instance, reason: reasonText(instance.reason) } : { ...instance };
}

/**
 * Says where to ask later, when the answer comes before the instances are on the chain: `Link: <…>; rel="status"` (RFC
 * 8288, RFC 8631). The Store Instances Response Module has no attribute for it (PS3.18 Table I.1-1), and Location is the
 * stored resource (PS3.18 §10.5.3.2).
 */
export async function linkAcceptance(
  archive: Archive,
  { request, response, outcomes, publicUrl }: RootOptions & AcceptanceLink,
): Promise<void> {
  if (outcomes.every((outcome) => outcome.kind === 'refused')) return;
  const id = await archive.issueAcceptance(outcomes);
  if (id === undefined) return;
  response.append('Link', `<${serverUrl(request, publicUrl)}/ledger/receipts/${id}>; rel="status"`);
}

interface AcceptanceLink {
  request: Request;
  response: Response;
  outcomes: readonly Outcome[];
}
