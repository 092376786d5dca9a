import type { CatalogInstance, CatalogReader } from '../../catalog/catalog.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader } from '../../dicom/metadata/encode-header.js';
import type { ContentVerifier } from '../../dicom/verify/open-content-verifier.js';
import type { ContentFault } from '../../dicom/verify/verify-content.js';
import { bodyOfTexts } from '../body-text.js';
import { storedBody } from './stored-body.js';
import { takenBack } from './taken-back.js';
import { createDigestedPieces } from './digested-pieces.js';
import { bodySource, type BodySourceDependencies } from './body-source.js';

export interface VerifyStoredDependencies extends BodySourceDependencies {
  catalog: Pick<CatalogReader, 'bodies' | 'preview'>;
  contents: ContentVerifier;
}

/**
 * Reads a sealed instance whole and holds it against all that was announced of it; what was read lies in the cache then, where there is
 * one. `branch` is `Ledger.branch` from before the instance was looked up; without it, code that is gone is no proof of a lie. Rejects with
 * `unavailable` when its bytes cannot be had now.
 */
export async function verifyStored(
  dependencies: VerifyStoredDependencies,
  instance: CatalogInstance,
  branch?: number,
): Promise<ContentFault | undefined> {
  const { catalog, contents } = dependencies;
  const { id, SOPInstanceUID, imageId, contentKey, byteCount, sha256, sealedBlock } = instance;
  // Some have none, and that of a retired instance is not shown any more.
  const preview = (await catalog.preview(id)) ?? Buffer.alloc(0);
  const bodies = await catalog.bodies(id);
  if (bodies?.contentKey !== contentKey) throw takenBack(SOPInstanceUID);
  const since = branch === undefined || sealedBlock === undefined ? undefined : { block: sealedBlock, branch };
  // What the catalogue has was within the bounds when it was read.
  const decoded = (): InstanceHeader => decodeHeader(bodies.header, { maxBytes: Infinity });
  const stored = storedBody(instance, bodyOfTexts(bodies), decoded);
  // Release 1 announces the digest of what was given.
  const digested = stored.encrypted && createDigestedPieces(dependencies.ledger, stored.body, since);
  const source = bodySource(
    { ...dependencies, ...(digested && { ledger: digested }) },
    { ...stored, imageId, contentKey, byteCount, checksPadding: true, since },
  );
  return (await contents.verify(source, { sha256, header: bodies.header, preview })) ?? digested?.fault();
}
