import type { Catalog } from '../../catalog/catalog.js';
import type { ExtentCache } from '../../pieces/extent-cache.js';
import type { StreamSource } from '../../pieces/stream-ahead.js';
import type { FoundInstance } from '../archive.js';
import type { StoredBody } from './stored-body.js';
import { takenBack } from './taken-back.js';

/** Which content of which site's instance. */
export type ContentName = Pick<FoundInstance, 'siteId' | 'SOPInstanceUID' | 'contentKey'>;

/** What processes that only read get of the one that has the chain and writes the cache. They say for themselves who may see it. */
export interface SharedBytes extends Pick<ExtentCache, 'fileNames'> {
  /** A part of a sealed instance as it was given; what comes from the chain is verified, and kept. Rejects as `Archive.open` does. */
  bytes(content: ContentName, offset: number, byteCount: number): Promise<AsyncIterable<Buffer> | readonly Buffer[]>;
  /** Resolves when the content is verified. Rejects as `Archive.open` does. */
  verified(content: ContentName): Promise<void>;
}

interface SharedBytesDependencies {
  catalog: Pick<Catalog, 'seenBy'>;
  cache: Pick<ExtentCache, 'fileNames'> | undefined;
  requireVerified: (instance: FoundInstance) => Promise<void>;
  bodyOf: (instance: FoundInstance) => Promise<StoredBody>;
  sourceOf: (instance: FoundInstance, stored: StoredBody) => StreamSource;
}

export function createSharedBytes(dependencies: SharedBytesDependencies): SharedBytes {
  const { catalog, cache, requireVerified, bodyOf, sourceOf } = dependencies;
  const sealed = async ({ siteId, SOPInstanceUID, contentKey }: ContentName): Promise<FoundInstance> => {
    const instance = await catalog.seenBy('everything', siteId).instance(SOPInstanceUID);
    if (instance?.contentKey !== contentKey || instance.state !== 'sealed') throw takenBack(SOPInstanceUID);
    if (!instance.isVerified) await requireVerified(instance);
    return instance;
  };
  return {
    fileNames: (owner, range) => cache?.fileNames(owner, range) ?? [],
    bytes: async (content, offset, byteCount) => {
      const instance = await sealed(content);
      return sourceOf(instance, await bodyOf(instance)).stream(offset, byteCount);
    },
    verified: async (content) => void (await sealed(content)),
  };
}
