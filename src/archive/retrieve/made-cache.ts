import { LRUCache } from 'lru-cache';
import { createMakeOnce } from '../../base/make-once.js';
import type { ExtentOwner } from '../../pieces/extent-cache.js';

/** A picture, or a frame in another transfer syntax. */
export interface Made {
  bytes: Buffer;
  /** Of a picture: false when the lines that were asked for could not be written over it. */
  isAnnotated: boolean;
}

/** Pictures and frames that were made last: what they are made of never changes. */
export interface MadeCache {
  /** What was made before as `what` says, or is being made; else `make` makes it. What fails is not kept. */
  get<T extends Made | undefined>(owner: ExtentOwner, what: string, make: () => Promise<T>): Promise<T>;
  /** Removes all that was made of an image. */
  forget(imageId: string): void;
}

/** Some hundred decoded slices, or thousands of pictures. */
const MAX_BYTES = 48 * 1024 * 1024;
/** Larger ones would throw out too much. */
const ENTRY_SHARE = 1 / 8;

export function createMadeCache({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): MadeCache {
  const kept = new LRUCache<string, Made>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes * ENTRY_SHARE,
    sizeCalculation: ({ bytes }, key) => bytes.length + key.length,
  });
  const makeOnce = createMakeOnce(kept);

  return {
    get: ({ imageId, contentKey }, what, make) => makeOnce(`${imageId}-${contentKey}-${what}`, make),
    forget: (imageId) => {
      for (const key of kept.keys()) if (key.startsWith(`${imageId}-`)) kept.delete(key);
    },
  };
}
