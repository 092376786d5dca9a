import type { Gzip } from 'node:zlib';
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { createMakeOnce } from '../../base/make-once.js';

/** Compressed answers that were given last: to write them again would cost more than all else of the request. */
export interface KeptAnswers {
  get(key: string): Buffer | undefined;
  /** What was made before, or is being made for another request; else `make` makes it. What fails is not kept. */
  make(key: string, make: () => Promise<Buffer>): Promise<Buffer>;
  /** Keeps what `coding` writes, once it has written all of it. */
  keep(key: string, coding: Gzip): void;
}

/** Of some hundreds of slices, or of hundreds of series where it is metadata alone. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Larger ones would throw out too much. */
const MAX_ANSWER_BYTES = MAX_BYTES / 32;

export function createKeptAnswers(): KeptAnswers {
  const kept = new LRUCache<string, Buffer>({
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_ANSWER_BYTES,
    sizeCalculation: ({ length }) => length,
  });
  return {
    get: (key) => kept.get(key),
    make: createMakeOnce(kept),
    keep: (key, coding) => {
      const chunks: Buffer[] = [];
      let byteCount = 0;
      coding.on('data', (chunk: Buffer) => {
        byteCount += chunk.length;
        if (byteCount <= MAX_ANSWER_BYTES) chunks.push(chunk);
      });
      coding.on('end', () => {
        if (byteCount <= MAX_ANSWER_BYTES) kept.set(key, Buffer.concat(chunks));
      });
    },
  };
}

/** A key of an answer, of everything that it depends on. */
export const answerKey = (parts: readonly string[]): string => hash('sha256', parts.join('\0'), 'base64');
