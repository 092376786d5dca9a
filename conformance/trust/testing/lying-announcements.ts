import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { until } from '../../../src/base/testing/until.js';
import type { QuarantineReason } from '../../../src/catalog/change.js';
import { newUid } from '../../testing/make-dicom.js';
import { alarmsAt, decide, type QuarantinedAnswer, quarantineAt } from './admin-answers.js';
import { caseStudy, expectedStudy, publish, RIGHT, storeStudy, untilSeen, WRONG } from './case-study.js';
import { type Forgery, randomKey } from './forgery.js';
import { honestParts, redSquare } from './honest-parts.js';
import { watchNeverOnline } from './never-online.js';
import { search, type SeenStudy } from './seen-study.js';
import { FIRST_ISSUER, type TrustBed } from './trust-bed.js';

/** Waits until an image is in the quarantine of a site, and gives what an admin sees of it. */
const quarantined = (url: string, imageId: string): Promise<QuarantinedAnswer> =>
  until('the image to be in quarantine', async () =>
    (await quarantineAt(url)).find((image) => image.imageId === imageId),
  );

interface Lie {
  name: string;
  reason: QuarantineReason;
  /** Of the one file that is announced. */
  over?: Record<string, unknown>;
  lie: (bed: TrustBed, parts: Forgery) => Promise<Partial<Forgery>>;
}

/** Of another patient than the victim, in bytes and header. */
const otherPatient = caseStudy(WRONG, { instances: 1 }).files[0]!.file;

const LIES: Lie[] = [
  {
    name: "a header of the victim over another patient's bytes, with a red square as its preview",
    reason: 'bytes',
    lie: async () => ({ instance: otherPatient, preview: await redSquare() }),
  },
  {
    name: 'a red square as the preview of true bytes',
    reason: 'picture',
    lie: async () => ({ preview: await redSquare() }),
  },
  { name: 'a preview that is no picture', reason: 'preview', lie: async () => ({ preview: randomBytes(24_575) }) },
  { name: 'a random patient key', reason: 'patient-key', lie: async () => ({ patientKey: randomKey() }) },
  {
    name: 'the image key of another instance',
    reason: 'image-key',
    lie: async ({ mallory }) => ({ imageId: mallory.pseudonyms.imageKey(newUid()) }),
  },
  { name: 'another digest than that of its bytes', reason: 'bytes', lie: async () => ({ sha256: randomKey() }) },
  {
    name: 'bytes that are code which is no chunk',
    reason: 'bytes',
    lie: async ({ contract, rpc }) => {
      const [code] = await rpc.codes([contract]);
      return { instanceAt: { address: contract, byteCount: code!.length - 1 } };
    },
  },
  {
    name: 'an issuer of patient IDs that another site speaks for',
    reason: 'foreign-issuer',
    over: { IssuerOfPatientID: FIRST_ISSUER },
    lie: async () => ({}),
  },
];

export function describeLyingAnnouncements(bed: () => TrustBed): void {
  describe('An announcement of another member', () => {
    const victim = caseStudy({ ...RIGHT, PatientID: 'V-1' });
    let right: SeenStudy;
    beforeAll(async () => {
      const { sites, mallory } = bed();
      right = await expectedStudy(mallory.pseudonyms, victim, { ...RIGHT, PatientID: 'V-1' });
      await storeStudy(sites[0], victim);
      await untilSeen(sites, victim.study, right);
    });

    it.each(LIES)('with $name is never ONLINE and comes into quarantine', async ({ reason, over, lie }) => {
      const { sites, mallory } = bed();
      const own = { StudyInstanceUID: victim.study, SeriesInstanceUID: newUid() };
      const forged = caseStudy({ ...RIGHT, PatientID: 'V-1', ...own, ...over }, { instances: 1 });
      const parts = await honestParts(mallory.pseudonyms, forged.files[0]!.file);
      const lies = await lie(bed(), parts);
      const watch = watchNeverOnline(sites, { study: victim.study, ...forged.files[0]! });
      let found: QuarantinedAnswer[] = [];
      let seen: string[] = [];
      try {
        const [{ imageId }] = (await publish(mallory, forged, () => lies)) as [Forgery];
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
      const [{ imageId }] = (await publish(mallory, forged, () => ({ preview }))) as [Forgery];
      const found = await Promise.all(sites.map(({ url }) => quarantined(url, imageId)));
      expect(await decide(first.url, `quarantine/${found[0]!.contentKey}/release`)).toBe(204);
      expect(await decide(second.url, `quarantine/${found[1]!.contentKey}/refuse`)).toBe(204);
      const path = `/dicom-web/instances?SOPInstanceUID=${forged.files[0]!.SOPInstanceUID}`;
      await until('the image to be shown', async () => (await search(first.url, path)).length === 1);
      expect((await quarantined(second.url, imageId)).isRefused).toBe(true);
      expect((await quarantined(third.url, imageId)).isRefused).toBe(false);
      for (const { url } of [second, third]) expect(await search(url, path)).toEqual([]);
    });
  });
}
