import { describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import { alarmsAt, decide, quarantineAt, untilNothingWaits } from './admin-answers.js';
import { caseStudy, expectedStudy, forge, RIGHT, storeStudy, untilSeen } from './case-study.js';
import { planForgery } from './forgery.js';
import { startHoldingNode } from './holding-node.js';
import type { TrustBed } from './trust-bed.js';

export function describeCrashLoop(bed: () => TrustBed): void {
  describe('An announcement at which the server has died twice', () => {
    it('is skipped at the third start, which says so; an admin may have it read again', async () => {
      const { sites, mallory } = bed();
      const [first, , third] = sites;
      const node = await startHoldingNode(third.settings['LEDGER_URL']!);
      const through = { LEDGER_URL: node.url };
      const deadly = caseStudy({ ...RIGHT, PatientID: 'C-4' }, { instances: 1 });
      const own = caseStudy({ ...RIGHT, PatientID: 'C-3' });
      const expected = (study: typeof own, PatientID: string): ReturnType<typeof expectedStudy> =>
        expectedStudy(mallory, study, { ...RIGHT, PatientID });
      try {
        await third.server.kill9();
        await third.start(through);
        const forgery = await forge(mallory, deadly.files[0]!.file);
        const { all, headerAddress } = await planForgery(mallory, forgery);
        const begun = node.hold(headerAddress);
        await mallory.send(all);
        await begun;
        await third.server.kill9();
        const begunAgain = node.hold(headerAddress);
        await third.start(through);
        await begunAgain;
        await third.server.kill9();

        await third.start(through);
        const { contentKey, reason } = await until('the announcement to be in quarantine', async () =>
          (await quarantineAt(third.url)).find(({ imageId }) => imageId === forgery.imageId),
        );
        expect(reason).toBe('stopped-the-server');
        await until('the alarm quarantine', async () => (await alarmsAt(third.url)).includes('quarantine'));
        await storeStudy(third, own);
        await untilSeen(sites, own.study, await expected(own, 'C-3'));
        await untilSeen([first], deadly.study, await expected(deadly, 'C-4'));

        await node.hold(undefined);
        expect(await decide(third.url, `quarantine/${contentKey}/release`)).toBe(204);
        await untilSeen(sites, deadly.study, await expected(deadly, 'C-4'));
        await untilNothingWaits(third.url);
      } finally {
        await third.server.stop();
        await third.start();
        await node.close();
      }
    });
  });
}
