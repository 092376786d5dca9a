import { LRUCache } from 'lru-cache';
import type { Body } from '../../ledger/ledger.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader } from '../../dicom/metadata/encode-header.js';
import type { StoredBody } from './stored-body.js';

/** What an announced content is read by. */
export interface ContentBodies {
  /** The header body as it is on the chain. */
  header: Buffer;
  /** The instance's own, with all of its pages. */
  body: Body;
}

/** By which the file of a content is given without its header, which a series of a thousand has no room for. */
export interface KnownFile extends StoredBody {
  /** What it lacks at its beginning. */
  before: Buffer;
}

/** Headers of the instances that were asked for last, decoded, and where their bytes are. */
export interface HeaderCache {
  /** What was kept of a content. */
  bodies: (contentKey: string) => ContentBodies | undefined;
  /** Keeps what a sealed content is read by: its key pins all of that, on whatever branch of the chain it is. */
  keep: (contentKey: string, bodies: ContentBodies) => void;
  /** The header that these bytes are, decoded now or before. Throws `corrupt` for bytes that are no header. */
  decoded: (contentKey: string, bytes: Buffer) => InstanceHeader;
  /** How the file of a content is given, when that was kept. */
  file: (contentKey: string) => KnownFile | undefined;
  keepFile: (contentKey: string, file: KnownFile) => void;
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

/** Of a body without the addresses of its pages. */
const BODY_BYTES = 1024;

/** Of some six thousand slices. */
const FILES_SHARE = 8;

interface Kept {
  bytes: Buffer;
  decoded?: InstanceHeader;
  body?: Body;
}

/**
 * Keeps decoded headers, the longest unused going first. A header is known by its bytes: what a reorganisation or another
 * announcement has put in its place never matches what is kept, whatever block or site it comes from.
 */
export function createHeaderCache({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): HeaderCache {
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes, decoded, body }) =>
      bytes.length + (decoded ? memoryOf(decoded) : 0) + (body ? BODY_BYTES + ENTRY_BYTES * body.list.length : 0),
  });
  const files = new LRUCache<string, KnownFile>({
    maxSize: maxBytes / FILES_SHARE,
    sizeCalculation: ({ body }) => BODY_BYTES + ENTRY_BYTES * body.list.length,
  });
  return {
    bodies: (contentKey) => {
      const known = kept.get(contentKey);
      return known?.body && { header: known.bytes, body: known.body };
    },
    keep: (contentKey, { header: bytes, body }) => {
      const known = kept.get(contentKey);
      kept.set(contentKey, { ...(known?.bytes.equals(bytes) && known), bytes, body });
    },
    decoded: (contentKey, bytes) => {
      const known = kept.get(contentKey);
      const isSame = known !== undefined && (known.bytes === bytes || known.bytes.equals(bytes));
      if (isSame && known.decoded) return known.decoded;
      // What the catalogue has was within the bounds when it was read, whatever they are now.
      const decoded = decodeHeader(bytes, { maxBytes: Infinity });
      kept.set(contentKey, { ...(isSame && known), bytes, decoded });
      return decoded;
    },
    file: (contentKey) => files.get(contentKey),
    keepFile: (contentKey, file) => void files.set(contentKey, file),
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
