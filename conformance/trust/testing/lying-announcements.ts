import { beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import { newUid } from '../../testing/make-dicom.js';
import { alarmsAt, decide, type QuarantinedAnswer, quarantineAt } from './admin-answers.js';
import { RELEASE } from '../../testing/network-under-test.js';
import { caseStudy, expectedStudy, forge, publish, RIGHT, storeStudy, untilSeen } from './case-study.js';
import { type Forgery, planForgery } from './forgery.js';
import { redSquare } from './honest-parts.js';
import { LIES } from './lies.js';
import { watchNeverOnline } from './never-online.js';
import { search, type SeenStudy } from './seen-study.js';
import type { TrustBed } from './trust-bed.js';

/** Waits until an image is in the quarantine of a site, and gives what an admin sees of it. */
const quarantined = (url: string, imageId: string): Promise<QuarantinedAnswer> =>
  until('the image to be in quarantine', async () =>
    (await quarantineAt(url)).find((image) => image.imageId === imageId),
  );

export function describeLyingAnnouncements(bed: () => TrustBed): void {
  describe('An announcement of another member', () => {
    const victim = caseStudy({ ...RIGHT, PatientID: 'V-1' });
    let right: SeenStudy;
    beforeAll(async () => {
      const { sites, mallory } = bed();
      right = await expectedStudy(mallory, victim, { ...RIGHT, PatientID: 'V-1' });
      await storeStudy(sites[0], victim);
      await untilSeen(sites, victim.study, right);
    });

    it.each(LIES)('with $name is never ONLINE and comes into quarantine', async ({ reason, over, lie }) => {
      const { sites, mallory } = bed();
      const own = { StudyInstanceUID: victim.study, SeriesInstanceUID: newUid() };
      const forged = caseStudy({ ...RIGHT, PatientID: 'V-1', ...own, ...over }, { instances: 1 });
      const lies = await lie(bed());
      const watch = watchNeverOnline(sites, { study: victim.study, ...forged.files[0]! });
      let found: QuarantinedAnswer[] = [];
      let seen: string[] = [];
      try {
        const [{ imageId }] = (await publish(mallory, forged, lies)) as [Forgery];
        found = await Promise.all(sites.map(({ url }) => quarantined(url, imageId)));
      } finally {
        seen = await watch.stop();
      }
      expect(seen).toEqual([]);
      expect(found.map((image) => [image.siteId, image.reason])).toEqual(sites.map(() => [4, reason]));
      for (const { detail } of found) expect(detail).not.toMatch(/Right|Wrong|V-1/);
      await untilSeen(sites, victim.study, right);
      for (const { url } of sites) {
        expect(
          await search(url, `/sites/4/dicom-web/instances?SOPInstanceUID=${forged.files[0]!.SOPInstanceUID}`),
        ).toEqual([]);
        await until('the alarm quarantine', async () => (await alarmsAt(url)).includes('quarantine'));
      }
    });

    it('that an admin of a site refuses stays there, and that one releases is shown at that site alone', async () => {
      const { sites, mallory } = bed();
      const [first, second, third] = sites;
      const forged = caseStudy({ ...RIGHT, PatientID: 'V-2' }, { instances: 1 });
      const preview = await redSquare();
      const [{ imageId }] = (await publish(mallory, forged, { inside: () => ({ preview }) })) as [Forgery];
      const found = await Promise.all(sites.map(({ url }) => quarantined(url, imageId)));
      expect(await decide(first.url, `quarantine/${found[0]!.contentKey}/release`)).toBe(204);
      expect(await decide(second.url, `quarantine/${found[1]!.contentKey}/refuse`)).toBe(204);
      const path = `/dicom-web/instances?SOPInstanceUID=${forged.files[0]!.SOPInstanceUID}`;
      await until('the image to be shown', async () => (await search(first.url, path)).length === 1);
      expect((await quarantined(second.url, imageId)).isRefused).toBe(true);
      expect((await quarantined(third.url, imageId)).isRefused).toBe(false);
      for (const { url } of [second, third]) expect(await search(url, path)).toEqual([]);
    });

    if (RELEASE === 2)
      it('whose bytes are code which is no chunk is never sealed', async () => {
        const { mallory, contract, rpc } = bed();
        const [code] = await rpc.codes([contract]);
        const forgery = await forge(mallory, caseStudy(RIGHT, { instances: 1 }).files[0]!.file);
        const instanceAt = { address: contract, byteCount: code!.length - 1 };
        await mallory.send((await planForgery(mallory, { ...forgery, instanceAt })).all);
        expect(await mallory.stateOf(forgery.imageId)).toBe('none');
        await mallory.send((await planForgery(mallory, forgery)).all);
        expect(await mallory.stateOf(forgery.imageId)).toBe('sealed');
      });
  });
}
