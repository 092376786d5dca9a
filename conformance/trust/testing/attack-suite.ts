import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeStudyHijack } from './study-hijack.js';
import { openTrustBed, type StartChain, type TrustBed } from './trust-bed.js';

/** What one admitted member can do to three honest sites on a chain. */
export function describeAttacks(name: string, startChain: StartChain): void {
  let bed: TrustBed;
  const get = (): TrustBed => bed;
  describe(name, () => {
    beforeAll(async () => {
      bed = await openTrustBed(startChain);
    }, 180_000);
    afterAll(() => bed.close());

    describeStudyHijack(get);
  });
}
