import type { Catalog } from '../catalog/catalog.js';
import type { Review } from './archive.js';
import type { Progress } from './project/progress.js';
import type { Reader } from './project/reader.js';
import type { Verifier } from './project/verifier.js';

/** What other sites have announced, as an admin looks at it. */
export function createReview({
  catalog,
  progress,
  reader,
  verifier,
}: {
  catalog: Catalog;
  progress: Progress;
  reader: Pick<Reader, 'spentMs'>;
  verifier: Pick<Verifier, 'spentMs'>;
}): Review {
  /** What is let go may be waited for. */
  const told = async (work: Promise<boolean>): Promise<boolean> => {
    const isDone = await work;
    if (isDone) progress.changed();
    return isDone;
  };
  return {
    quarantined: (options) => catalog.quarantined(options),
    conflicts: (options) => catalog.conflicts(options),
    massRetirements: () => catalog.massRetirements(),
    decide: (contentKey, decision) => told(catalog.decide(contentKey, decision)),
    decideRetirements: (which, decision) => told(catalog.decideRetirements(which, decision)),
    counts: async () => {
      const { waiting, unverified, unverifiedSince } = catalog.projection.backlog();
      return {
        waiting,
        locked: await catalog.locked(),
        unverified,
        oldestUnverifiedSeconds: unverifiedSince === undefined ? 0 : secondsSince(unverifiedSince),
        ...(await catalog.faults()),
        readingSeconds: reader.spentMs / 1000,
        verifyingSeconds: verifier.spentMs / 1000,
      };
    },
  };
}

/** Of a block time; never below 0, since a block may be ahead of this clock. */
const secondsSince = (blockTime: number): number => Math.max(0, Math.round(Date.now() / 1000 - blockTime));
