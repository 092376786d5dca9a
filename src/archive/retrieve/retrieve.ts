import { createHash } from 'node:crypto';
import { LedgerError } from '../../base/errors.js';
import type { CatalogReader } from '../../catalog/catalog.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { Archive, FoundInstance } from '../archive.js';
import { bodyOfText } from '../body-text.js';
import { type BodySourceDependencies, bodySource } from './body-source.js';
import { canRepresent } from './can-represent.js';
import type { HeaderCache } from './header-cache.js';
import { createStoredInstance } from './create-stored-instance.js';
import { wholePayload } from './payload.js';
import { renderedTypes } from './rendered-types.js';

export interface RetrieveDependencies extends BodySourceDependencies {
  catalog: Pick<CatalogReader, 'bodies' | 'preview'>;
  headers: HeaderCache;
  pictures: PictureWorkers;
}

/** What the archive gives of instances that were found: their bytes, in whole or in part, and what is said of them. */
export function createRetrieve(
  dependencies: RetrieveDependencies,
): Pick<Archive, 'open' | 'canRepresent' | 'renderedTypes' | 'thumbnail' | 'body'> {
  const { catalog, headers } = dependencies;

  const bodiesOf = async ({ imageKey, SOPInstanceUID, sha256 }: FoundInstance) => {
    const bodies = await catalog.bodies(imageKey);
    const body = bodies && bodyOfText(bodies.body);
    // Another announcement may have taken the place of the one that was found.
    if (bodies && body?.sha256 === `0x${sha256}`) return { header: bodies.header, body };
    throw new LedgerError(
      'unavailable',
      `A reorganisation of the chain has just taken ${SOPInstanceUID} back; ask again in a moment.`,
      { retryable: true },
    );
  };

  return {
    canRepresent,
    renderedTypes,

    open: async (instance) => {
      const { header, body } = await bodiesOf(instance);
      const { imageKey, byteCount } = instance;
      // One for all that this request reads: the index of a compressed body is read once.
      let source: StreamSource | undefined;
      return createStoredInstance(dependencies, instance, {
        header: () => headers.decoded(imageKey, header),
        source: () => (source ??= bodySource(dependencies, { body, byteCount })),
      });
    },

    thumbnail: async ({ imageKey }) => {
      const preview = await catalog.preview(imageKey);
      if (!preview || preview.length === 0)
        throw new LedgerError('not-found', 'The instance was stored without a preview.');
      return { ...wholePayload(preview, 'image/jpeg'), etag: createHash('sha256').update(preview).digest('hex') };
    },

    body: async (instance) => (await bodiesOf(instance)).body,
  };
}
