import type Database from 'libsql';
import { type Deferred, deferred } from '../base/deferred.js';

/** Writes of a database that share a transaction when they come together: one is as slow as a hundred. */
export interface WriteBatch {
  /** What `work` gives, once it is durable. All works of a transaction fail together. */
  write<T>(work: () => T): Promise<T>;
  /** Resolves when nothing is waiting any more. */
  ended(): Promise<void>;
}

/** So many works at most, that nobody waits long for what else this thread does: 0.1 s. */
const MAX_WORKS = 1000;

interface Waiting {
  work: () => unknown;
  done: Deferred<unknown>;
}

export function batchWrites(db: Database.Database): WriteBatch {
  let waiting: Waiting[] = [];
  const commit = (): void => {
    const now = waiting.slice(0, MAX_WORKS);
    waiting = waiting.slice(MAX_WORKS);
    if (waiting.length > 0) setImmediate(commit);
    try {
      const results = db.transaction(() => now.map(({ work }) => work()))();
      now.forEach(({ done }, index) => done.resolve(results[index]));
    } catch (error) {
      now.forEach(({ done }) => done.reject(error));
    }
  };
  return {
    write: <T>(work: () => T): Promise<T> => {
      if (waiting.length === 0) setImmediate(commit);
      const done = deferred<unknown>();
      waiting.push({ work, done });
      return done.promise as Promise<T>;
    },
    ended: async () => {
      await Promise.allSettled(waiting.map(({ done }) => done.promise));
    },
  };
}
