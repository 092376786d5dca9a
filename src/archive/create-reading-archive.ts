import { attribute } from '../dicom/data-set/dictionary.js';
import type { SharedCatalog } from '../catalog/sqlite/open-catalog-reader.js';
import type { Visibility } from '../catalog/visibility.js';
import type { PictureWorkers } from '../dicom/render/picture-workers.js';
import { cachedSource } from '../pieces/cached-source.js';
import { createSharedExtents } from '../pieces/shared-extents.js';
import type { StreamSource } from '../pieces/stream-ahead.js';
import type { ArchiveSite, FoundInstance, ReadingArchive } from './archive.js';
import { createHeaderCache } from './retrieve/header-cache.js';
import { createMadeCache } from './retrieve/made-cache.js';
import { createRetrieve } from './retrieve/retrieve.js';
import type { ContentName, SharedBytes } from './retrieve/shared-bytes.js';

/** What the headers may take in memory, and what is made of them, as much again. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** What a process that only reads asks of the one that owns the archive. All of it rejects with `unavailable` when that one has gone. */
export interface ArchiveOwner {
  fileNames(...asked: Parameters<SharedBytes['fileNames']>): Promise<ReturnType<SharedBytes['fileNames']>>;
  bytes(content: ContentName, offset: number, byteCount: number): AsyncIterable<Buffer>;
  verified: SharedBytes['verified'];
  sites(): Promise<readonly ArchiveSite[]>;
}

interface ReadingArchiveOptions {
  /** This site. */
  siteId: number;
  /** Of the extents that the owner has written. */
  cacheFolder: string;
  /** What the extents may take in memory; 1 keeps none. */
  memoryBytes: number;
  maxInstanceBytes: number;
}

/** An archive for reading alone, with what frees memory when an image is retired. */
export interface CreatedReadingArchive extends ReadingArchive {
  forget(imageId: string): void;
}

/** The archive of another process, over the same catalogue and the same files. What it has not itself it gets from the owner. */
export function createReadingArchive(
  { catalog, owner, pictures }: { catalog: SharedCatalog; owner: ArchiveOwner; pictures: PictureWorkers },
  { siteId: own, cacheFolder, memoryBytes, maxInstanceBytes }: ReadingArchiveOptions,
): CreatedReadingArchive {
  const extents = createSharedExtents(owner, { folder: cacheFolder, memoryBytes, maxInstanceBytes });
  const headers = createHeaderCache({ maxBytes: KEPT_BYTES });
  const made = createMadeCache({ maxBytes: KEPT_BYTES });

  const sourceOf = (instance: FoundInstance): StreamSource =>
    cachedSource(extents, instance, {
      byteCount: instance.byteCount,
      read: async (offset, byteCount) => {
        const chunks: Buffer[] = [];
        for await (const chunk of owner.bytes(instance, offset, byteCount)) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
      stream: (offset, byteCount) => owner.bytes(instance, offset, byteCount),
    });

  const view = (visibility: Visibility, siteId?: number): ReadingArchive => {
    const seen = catalog.seenBy(visibility, siteId);
    return {
      seenBy: (other) => view(other, siteId),
      ofSite: (other) => view(visibility, other),
      sites: () => owner.sites(),
      isOwn: (instance) => instance.siteId === own,
      attribute,
      search: (query, options) => seen.search(query, options),
      instances: (uids) => seen.instances(uids),
      isGone: (uids) => seen.isGone(uids),
      metadata: (uids) => seen.metadata(uids),
      ...createRetrieve({
        ...{ catalog: seen, headers, made, pictures, sourceOf },
        requireVerified: (instance) => owner.verified(instance),
      }),
    };
  };
  return {
    ...view('everything'),
    forget: (imageId) => {
      extents.forget(imageId);
      made.forget(imageId);
    },
  };
}
