import type { Request, Response, Router } from 'express';
import type { Archive } from '../../archive/archive.js';
import type { InstanceProgress } from '../../archive/store/acceptance-state.js';
import type { Outcome } from '../../archive/outcome.js';
import { LedgerError } from '../../base/errors.js';
import { DICOMWEB_PATH, dicomwebRoot, type RootOptions } from '../message/request-url.js';
import { resource } from '../message/resource.js';
import { reasonText } from '../stow/store-response.js';

/** `GET /receipts/:receipt`, below `/ledger`: where the instances of one accepted request stand. */
export function acceptanceRoute(router: Router, archive: Archive): void {
  resource(router, '/receipts/:receipt', {
    get: async (request, response) => {
      const { receipt: id } = request.params;
      const acceptance = await archive.acceptance(String(id));
      if (!acceptance)
        throw new LedgerError(
          'not-found',
          'There is no such receipt at this server; receipts are kept for 30 days at the one that gave them.',
        );
      response.setHeader('Cache-Control', 'no-store');
      response.json({ ...acceptance, instances: acceptance.instances.map(shown) });
    },
  });
}

/** Reasons as DICOM writes them: four hex digits. */
function shown(instance: InstanceProgress): Record<string, unknown> {
  return instance.state === 'refused' ? { ...instance, reason: reasonText(instance.reason) } : { ...instance };
}

/**
 * Names the receipt of an answer that comes before the chain: `Link: <…>; rel="status"` (RFC 8288, RFC 8631). The Store Instances
 * Response Module has no attribute for it (PS3.18 Table I.1-1), and Location is the stored resource (PS3.18 §10.5.3.2).
 */
export async function linkAcceptance(
  archive: Archive,
  { request, response, outcomes, publicUrl }: RootOptions & ReceiptLink,
): Promise<void> {
  if (outcomes.every((outcome) => outcome.kind === 'refused')) return;
  const id = await archive.issueAcceptance(outcomes);
  if (id === undefined) return;
  const serverUrl = dicomwebRoot(request, publicUrl).slice(0, -DICOMWEB_PATH.length);
  response.append('Link', `<${serverUrl}/ledger/receipts/${id}>; rel="status"`);
}

interface ReceiptLink {
  request: Request;
  response: Response;
  outcomes: readonly Outcome[];
}
