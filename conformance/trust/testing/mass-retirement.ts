import { beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import type { MassRetirement } from '../../../src/catalog/catalog.js';
import { get, instancePath, storedSingle } from '../../testing/dicomweb-client.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { RELEASE } from '../../testing/network-under-test.js';
import { alarmsAt, decide, recordAt, retirementsAt } from './admin-answers.js';
import { type CaseStudy, caseStudy, expectedStudy, publish, RIGHT, storeStudy, untilSeen } from './case-study.js';
import { retireStep } from './forgery.js';
import type { Member } from './member.js';
import type { HonestSite, TrustBed } from './trust-bed.js';

/** One more than RETIREMENTS_PER_HOUR of the bed. */
const MANY = 4;

/** All in one transaction, and so in one hour. */
async function retireAll(by: Member, { url }: HonestSite, { files }: CaseStudy): Promise<Hex[]> {
  const images = await Promise.all(files.map(async ({ SOPInstanceUID }) => recordAt(url, SOPInstanceUID)));
  await by.sendTransactions([images.map(({ imageId }) => retireStep(by, imageId, 'all of it'))]);
  return images.map(({ imageId }) => imageId);
}

const statusesOf = ({ url }: HonestSite, { study, files }: CaseStudy): Promise<number[]> =>
  Promise.all(
    files.map(async ({ SeriesInstanceUID: series, SOPInstanceUID: instance }) => {
      const answer = await get(`${url}${instancePath({ study, series, instance })}`, storedSingle);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );

/** Waits until a site holds retirements of this one. */
const heldAt = ({ url }: HonestSite, siteId: number): Promise<MassRetirement> =>
  until('the retirements to be listed', async () =>
    (await retirementsAt(url)).find((one) => one.siteId === siteId && one.decision === 'held' && one.count === MANY),
  );

export function describeMassRetirement(bed: () => TrustBed): void {
  describe('Many images that are retired within an hour', () => {
    const images = caseStudy({ ...RIGHT, PatientID: 'T-4' }, { instances: MANY });
    const expected = (study: CaseStudy, PatientID: string): ReturnType<typeof expectedStudy> =>
      expectedStudy(bed().mallory, study, { ...RIGHT, PatientID });

    describe('by the member whose they are', () => {
      beforeAll(async () => {
        const { sites, mallory } = bed();
        await publish(mallory, images);
        await untilSeen(sites, images.study, await expected(images, 'T-4'));
        await retireAll(mallory, sites[0], images);
      });

      it('stay ONLINE and marked at the other sites, with an alarm', async () => {
        const { sites } = bed();
        for (const site of sites) {
          await heldAt(site, 4);
          await until('the alarm', async () => (await alarmsAt(site.url)).includes('mass-retirement'));
          for (const { SOPInstanceUID } of images.files)
            expect(await recordAt(site.url, SOPInstanceUID)).toMatchObject({ siteId: 4, isRetirementHeld: true });
        }
        await untilSeen(sites, images.study, await expected(images, 'T-4'));
      });

      it('are 410 where an admin accepts it, and stay where one refuses', async () => {
        const [first, second, third] = bed().sites;
        const { hour } = await heldAt(first, 4);
        expect(await decide(first.url, `retirements/4/${hour}/accept`)).toBe(204);
        expect(await decide(second.url, `retirements/4/${hour}/refuse`)).toBe(204);
        await until('410 at the first site', async () => (await statusesOf(first, images)).every((one) => one === 410));
        await untilSeen([second, third], images.study, await expected(images, 'T-4'));
        expect((await retirementsAt(second.url)).find((one) => one.siteId === 4)?.decision).toBe('refused');
      });
    });

    it('by one governor, of an honest site, stay ONLINE everywhere, at their origin too', async () => {
      const { sites, governor } = bed();
      const honest = caseStudy({ ...RIGHT, PatientID: 'T-2' }, { instances: MANY });
      await storeStudy(sites[1], honest);
      await untilSeen(sites, honest.study, await expected(honest, 'T-2'));
      const images = await retireAll(governor, sites[1], honest);
      // In release 2 more than half of the governors retire an image, and nobody alone.
      if (RELEASE === 1) for (const site of sites) await heldAt(site, 2);
      else for (const imageId of images) expect(await governor.stateOf(imageId)).toBe('sealed');
      await untilSeen(sites, honest.study, await expected(honest, 'T-2'));
    });

    it('by the server of their own site are retired there, and held at the others', async () => {
      const { sites } = bed();
      const [first, ...others] = sites;
      const honest = caseStudy({ ...RIGHT, PatientID: 'T-1' }, { instances: MANY });
      const { study, files } = honest;
      await storeStudy(first, honest);
      await untilSeen(sites, study, await expected(honest, 'T-1'));
      for (const { SeriesInstanceUID: series, SOPInstanceUID: instance } of files) {
        const answer = await fetch(`${first.url}${instancePath({ study, series, instance })}`, { method: 'DELETE' });
        expect(answer.status).toBe(204);
      }
      await until('410 at their site', async () => (await statusesOf(first, honest)).every((one) => one === 410));
      for (const site of others) await heldAt(site, 1);
      await untilSeen(others, study, await expected(honest, 'T-1'));
    });
  });
}
