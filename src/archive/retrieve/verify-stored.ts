import type { CatalogInstance, CatalogReader } from '../../catalog/catalog.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { ContentFault } from '../project/verifier.js';
import { verifyInstance } from './verify-instance.js';

export async function verifyStored(
  { ledger, catalog }: { ledger: Ledger; catalog: CatalogReader },
  instance: CatalogInstance,
): Promise<ContentFault> {
  const { problems } = await verifyInstance({ ledger, catalog }, instance.SOPInstanceUID);
  return problems[0] === undefined ? undefined : { reason: 'bytes', detail: problems[0] };
}
