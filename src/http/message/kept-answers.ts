import type { Gzip } from 'node:zlib';
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Compressed answers that were given last: to write them again would cost more than all else of the request. */
export interface KeptAnswers {
  get(key: string): Buffer | undefined;
  /** Keeps what `coding` writes, once it has written all of it. */
  keep(key: string, coding: Gzip): void;
}

/** Of some hundreds of series. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Larger ones would throw out too much. */
const MAX_ANSWER_BYTES = MAX_BYTES / 16;

export function createKeptAnswers(): KeptAnswers {
  const kept = new LRUCache<string, Buffer>({ maxSize: MAX_BYTES, sizeCalculation: ({ length }) => length });
  return {
    get: (key) => kept.get(key),
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
