import { afterAll, beforeAll, describe } from '@jest/globals';
import { RELEASE } from '../../testing/network-under-test.js';
import { describeCrashLoop } from './crash-loop.js';
import { describeLyingAnnouncements } from './lying-announcements.js';
import { describeMassRetirement } from './mass-retirement.js';
import { describePoison } from './poison-suite.js';
import { describeRebuild } from './rebuilt.js';
import { describeStall } from './stall.js';
import { describeStudyHijack } from './study-hijack.js';
import { openTrustBed, type StartChain, type TrustBed } from './trust-bed.js';
import { describeUidOfAnother } from './uid-of-another.js';
import { describeUidSquat } from './uid-squat.js';

/** What one admitted member can do to three honest sites on a chain. */
export function describeAttacks(
  name: string,
  { startChain, makesEmptyBlocks }: { startChain: StartChain; makesEmptyBlocks: boolean },
): void {
  let bed: TrustBed;
  const get = (): TrustBed => bed;
  describe(name, () => {
    beforeAll(async () => {
      bed = await openTrustBed(startChain);
    }, 300_000);
    afterAll(() => bed.close());

    describeStudyHijack(get);
    describeLyingAnnouncements(get);
    if (RELEASE === 1) describeUidSquat(get, { makesEmptyBlocks });
    else describeUidOfAnother(get);
    describeStall(get);
    describeMassRetirement(get);
    // In release 2 a chain has more to do for each, and a site less: under another key it is not opened.
    describePoison(get, { poisons: RELEASE === 1 ? 2_500 : 500 });
    describeCrashLoop(get);
    describeRebuild(get);
  });
}
