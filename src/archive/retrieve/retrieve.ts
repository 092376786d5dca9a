import { LedgerError } from '../../base/errors.js';
import type { CatalogReader } from '../../catalog/catalog.js';
import { convertPreview } from '../../dicom/render/convert-preview.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { Archive, FoundInstance } from '../archive.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { canRepresent } from './can-represent.js';
import { createBodiesOf } from './bodies-of.js';
import type { HeaderCache } from './header-cache.js';
import { createStoredInstance } from './create-stored-instance.js';
import type { MadeCache } from './made-cache.js';
import { wholePayload } from './payload.js';
import { beginning, storedFile } from './stored-file.js';
import { type StoredBody, storedBody } from './stored-body.js';
import { renderedTypes } from './rendered-types.js';

export interface RetrieveDependencies {
  catalog: Pick<CatalogReader, 'bodies' | 'preview'>;
  headers: HeaderCache;
  pictures: PictureWorkers;
  made: MadeCache;
  /** The bytes of an instance as they were given. */
  sourceOf: (instance: FoundInstance, stored: StoredBody) => StreamSource;
  /** Verifies what another site has stored, before a byte of it is given. Rejects when it is not what was announced. */
  requireVerified: (instance: FoundInstance) => Promise<void>;
}

/** What the archive gives of instances that were found: their bytes, in whole or in part, and what is said of them. */
export function createRetrieve(
  dependencies: RetrieveDependencies,
): Pick<Archive, 'open' | 'fileAtHand' | 'canRepresent' | 'renderedTypes' | 'thumbnail' | 'body'> {
  const { catalog, headers, made, requireVerified, sourceOf } = dependencies;
  const bodiesOf = createBodiesOf({ catalog, headers });

  return {
    canRepresent,
    renderedTypes,

    fileAtHand: (instance) => {
      const { state, isVerified, mediaType, contentKey } = instance;
      const known = headers.file(contentKey);
      if (!known || state !== 'sealed' || !isVerified || mediaType !== 'application/dicom') return undefined;
      return beginning(known.before, storedFile(instance, sourceOf(instance, known)));
    },

    open: async (instance) => {
      if (instance.state === 'sealed' && !instance.isVerified) await requireVerified(instance);
      const { header, body } = await bodiesOf(instance);
      const { contentKey } = instance;
      const decoded = (): InstanceHeader => headers.decoded(contentKey, header);
      const stored = (): StoredBody => storedBody(instance, body, decoded);
      // One for all that this request reads: the index of a compressed body is read once.
      let source: StreamSource | undefined;
      return createStoredInstance(dependencies, instance, {
        header: decoded,
        source: () => (source ??= sourceOf(instance, stored())),
        noteStart: (before) => {
          if (headers.bodies(contentKey)?.body === body) headers.keepFile(contentKey, { ...stored(), before });
        },
      });
    },

    thumbnail: async (instance, mediaType = 'image/jpeg') => {
      const { bytes } = await made.get(instance, `preview as ${mediaType}`, async () => {
        const preview = await catalog.preview(instance.id);
        if (!preview || preview.length === 0)
          throw new LedgerError('not-found', 'The instance was stored without a preview.');
        return { bytes: await convertPreview(preview, mediaType), isAnnotated: false };
      });
      return { ...wholePayload(bytes, mediaType), etag: instance.contentKey };
    },

    body: async (instance) => (await bodiesOf(instance)).body,
  };
}
