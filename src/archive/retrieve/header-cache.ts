import { LRUCache } from 'lru-cache';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader } from '../../dicom/metadata/encode-header.js';

/** Decoded headers of the instances that were asked for last. */
export interface HeaderCache {
  /** The header that these bytes are, decoded now or before. Throws `corrupt` for bytes that are no header. */
  decoded: (contentKey: string, bytes: Buffer) => InstanceHeader;
  /** What its headers are taken to have in memory. */
  readonly byteCount: number;
}

/**
 * Some 500 headers of slices, or two of whole slides with a hundred thousand frames each: the study that a viewer is looking at,
 * while a server that is started as the README says has a heap of 1.5 GB.
 */
const MAX_BYTES = 64 * 1024 * 1024;
/** A parsed element takes some 250 bytes for the 16 or so that it has in the data set. */
const PARSED_FACTOR = 16;
/** An array of two numbers and its place in another; an entry of `bulk` has as much again for its path. */
const ENTRY_BYTES = 128;

/**
 * Keeps decoded headers, the longest unused going first. A header is known by its bytes: what a reorganisation or another
 * announcement has put in its place never matches what is kept, whatever block or site it comes from.
 */
export function createHeaderCache({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): HeaderCache {
  const kept = new LRUCache<string, { bytes: Buffer; header: InstanceHeader }>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes, header }) => bytes.length + memoryOf(header),
  });
  return {
    decoded: (contentKey, bytes) => {
      const known = kept.get(contentKey);
      if (known?.bytes.equals(bytes)) return known.header;
      // What the catalogue has was within the bounds when it was read, whatever they are now.
      const header = decodeHeader(bytes, { maxBytes: Infinity });
      kept.set(contentKey, { bytes, header });
      return header;
    },
    get byteCount() {
      return kept.calculatedSize;
    },
  };
}

function memoryOf({ dataSet, fileMeta, bulk, frames }: InstanceHeader): number {
  const lists = frames?.kind === 'encapsulated' ? frames.frames : [];
  const fragmentCount = lists.reduce((sum, fragments) => sum + fragments.length, 0);
  const entries = 2 * bulk.length + lists.length + fragmentCount;
  return PARSED_FACTOR * dataSet.length + fileMeta.length + ENTRY_BYTES * entries;
}
