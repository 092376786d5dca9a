import { describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import { get } from '../../testing/dicomweb-client.js';
import { readinessAt, untilNothingWaits } from './admin-answers.js';
import { caseStudy, expectedStudy, RIGHT, storeStudy, untilSeen } from './case-study.js';
import { poisonTransactions, prepareBombs, preparePoison, prepareRepeated } from './poison.js';
import type { HonestSite, TrustBed } from './trust-bed.js';

const MAX_RSS_BYTES = 600 * 2 ** 20;

/** @param poisons How many announcements of one header the largest attack has. */
export function describePoison(bed: () => TrustBed, { poisons }: { poisons: number }): void {
  describe('Headers that inflate to 120 MiB', () => {
    /** After the attack has begun: own stores are sealed and seen everywhere, and every site gets to the end of its backlog. */
    async function goOn(attack: Promise<void>): Promise<void> {
      const { sites, mallory } = bed();
      const pids = sites.map(({ server }) => server.pid);
      const storeAndSee = async (site: HonestSite): Promise<void> => {
        const PatientID = `P-${site.siteId}`;
        const honest = caseStudy({ ...RIGHT, PatientID });
        await storeStudy(site, honest);
        const right = await expectedStudy(mallory, honest, { ...RIGHT, PatientID });
        await untilSeen(sites, honest.study, right, { timeoutMs: 240_000 });
        expect((await get(`${site.url}/healthz`)).status).toBe(200);
      };
      await Promise.all(sites.map(storeAndSee));
      await attack;
      for (const { url, server } of sites) {
        await untilNothingWaits(url);
        expect(server.rss().peakBytes).toBeLessThan(MAX_RSS_BYTES);
        expect(await readinessAt(url)).toMatchObject({ ready: true, reasons: [] });
      }
      expect(sites.map(({ server }) => server.pid)).toEqual(pids);
    }

    it('announced six times by one transaction', async () => {
      const { mallory } = bed();
      const poison = await preparePoison(mallory);
      await goOn(mallory.sendTransactions(await poisonTransactions(poison, 6)));
    });

    it('announced sixteen times with right keys by one transaction', async () => {
      const { mallory } = bed();
      const bombs = await prepareBombs(mallory, 16);
      await goOn(mallory.sendTransactions([bombs]));
    });

    it('announced a hundred times with right keys, each time withdrawn before the next', async () => {
      const { mallory } = bed();
      await goOn(mallory.sendTransactions(await prepareRepeated(mallory, 100)));
    });

    it(`announced ${poisons} times, as fast as blocks take it`, async () => {
      const { mallory } = bed();
      const poison = await preparePoison(mallory);
      await goOn(mallory.sendTransactions(await poisonTransactions(poison, poisons)));
    });

    it('do not keep a server from starting that finds them all at once', async () => {
      const { mallory, sites } = bed();
      const [, , third] = sites;
      const bombs = await prepareBombs(mallory, 16);
      await third.server.kill9();
      await mallory.sendTransactions([bombs]);
      await third.start();
      await goOn(Promise.resolve());
      await until('the server to have been started once', () => third.server.output().split('is ready.').length === 2);
    });
  });
}
