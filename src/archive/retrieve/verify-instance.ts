import { LedgerError } from '../../base/errors.js';
import type { CatalogReader } from '../../catalog/catalog.js';
import type { Ledger } from '../../ledger/ledger.js';
import { pieceCount } from '../../pieces/pieces.js';
import type { Archive } from '../archive.js';
import { bodyOfTexts } from '../body-text.js';
import { verifyStored, type VerifyStoredDependencies } from './verify-stored.js';

/** Reads an instance from the chain again, past every cache, and says what is not as it was announced: its bytes, its header, its preview. */
export async function verifyInstance(
  {
    ledger,
    secrets,
    contents,
    catalog,
  }: Omit<VerifyStoredDependencies, 'cache' | 'ledger'> & {
    ledger: Pick<Ledger, 'readPieces' | 'branch'>;
    catalog: Pick<CatalogReader, 'instance'>;
  },
  SOPInstanceUID: string,
): ReturnType<Archive['verify']> {
  const { branch } = ledger;
  const instance = await catalog.instance(SOPInstanceUID);
  const bodies = instance && (await catalog.bodies(instance.id));
  if (!instance || !bodies) throw new LedgerError('not-found', `There is no instance ${SOPInstanceUID}.`);
  if (instance.state === 'announced') {
    throw new LedgerError('unavailable', `The instance ${SOPInstanceUID} is not sealed yet; verify it then.`, {
      retryable: true,
    });
  }
  const body = bodyOfTexts(bodies);
  const problems = await verifyStored({ ledger, secrets, contents, catalog }, instance, branch).then(
    (fault) => (fault ? [fault.detail] : []),
    (error: unknown) => {
      if (!(error instanceof LedgerError) || error.code === 'unavailable') throw error;
      return [error.message];
    },
  );
  return { byteCount: instance.byteCount, pieceCount: pieceCount(body.byteCount, body.pieceBytes), problems };
}
