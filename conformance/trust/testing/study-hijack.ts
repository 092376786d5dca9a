import { beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import type { Conflict } from '../../../src/catalog/conflict.js';
import { get } from '../../testing/dicomweb-client.js';
import { newUid } from '../../testing/make-dicom.js';
import { alarmsAt, conflictsAt, recordAt } from './admin-answers.js';
import {
  type CaseStudy,
  caseStudy,
  expectedStudy,
  publish,
  RIGHT,
  storeStudy,
  untilSeen,
  WRONG,
} from './case-study.js';
import { search, type SeenStudy } from './seen-study.js';
import type { TrustBed } from './trust-bed.js';

const MALLORY = 4;
const mallorys = { root: `/sites/${MALLORY}/dicom-web` };

/** Waits until each site lists the conflict of a UID, and gives what it says of it. */
async function conflictsOf(
  { sites }: TrustBed,
  uid: string,
  level: Conflict['level'] = 'study',
): Promise<Omit<Conflict['sites'][number], 'isAddition'>[][]> {
  const find = async (url: string): Promise<Conflict | undefined> =>
    (await conflictsAt(url)).find((conflict) => conflict.level === level && conflict.uid === uid);
  return Promise.all(
    sites.map(async ({ url }) => {
      const conflict = await until(`the conflict of ${uid} to be listed`, () => find(url));
      return conflict.sites.map(({ siteId, isShown, instanceCount }) => ({ siteId, isShown, instanceCount }));
    }),
  );
}

export function describeStudyHijack(bed: () => TrustBed): void {
  describe('A study whose UID another member has announced first', () => {
    const honest = caseStudy(RIGHT);
    const { study } = honest;
    const foreign = caseStudy({ ...WRONG, StudyInstanceUID: study }, { instances: 1 });
    let right: SeenStudy;
    let wrong: SeenStudy;
    beforeAll(async () => {
      const { sites, mallory } = bed();
      right = await expectedStudy(mallory, honest);
      wrong = await expectedStudy(mallory, foreign, WRONG);
      await publish(mallory, foreign);
      await untilSeen(sites, study, wrong);
      await storeStudy(sites[0], honest);
    });

    it('is seen by its own name, at its origin and at the others', () => untilSeen(bed().sites, study, right));

    it('is described by its own instances alone', async () => {
      for (const { url } of bed().sites) {
        const metadata = (await (await get(`${url}/dicom-web/studies/${study}/metadata`)).json()) as object[];
        expect(metadata).toHaveLength(2);
        expect(JSON.stringify(metadata)).not.toMatch(/Wrong|hijacked|M-1/);
        expect(await search(url, '/dicom-web/studies?PatientName=Wrong*')).toEqual([]);
        expect(await search(url, `/dicom-web/instances?SOPInstanceUID=${foreign.files[0]!.SOPInstanceUID}`)).toEqual(
          [],
        );
      }
    });

    it('is listed as a conflict with an alarm, and the other is seen on purpose only', async () => {
      const sites = [
        { siteId: 1, isShown: true, instanceCount: 2 },
        { siteId: MALLORY, isShown: false, instanceCount: 1 },
      ];
      expect(await conflictsOf(bed(), study)).toEqual([sites, sites, sites]);
      for (const { url } of bed().sites)
        await until('the alarm study-conflict', async () => (await alarmsAt(url)).includes('study-conflict'));
      await untilSeen(bed().sites, study, wrong, mallorys);
    });
  });

  describe('A study to which another member adds afterwards', () => {
    const honest = caseStudy({ ...RIGHT, PatientID: 'R-2' });
    const { study } = honest;
    const finding = { StudyInstanceUID: study, SeriesDescription: 'FINDINGS: mass', SeriesInstanceUID: newUid() };
    const added = caseStudy({ ...RIGHT, PatientID: 'R-2', ...finding }, { instances: 1 });
    const series = honest.files[0]!.SeriesInstanceUID;
    const slipped = caseStudy({ ...WRONG, StudyInstanceUID: study, SeriesInstanceUID: series }, { instances: 1 });

    it('shows no series and no instance of the other', async () => {
      const { sites, mallory } = bed();
      const right = await expectedStudy(mallory, honest, { ...RIGHT, PatientID: 'R-2' });
      await storeStudy(sites[1], honest);
      await untilSeen(sites, study, right);
      await publish(mallory, added);
      await publish(mallory, slipped);
      const [listed] = await conflictsOf(bed(), study);
      expect(listed).toContainEqual({ siteId: 2, isShown: true, instanceCount: 2 });
      await untilSeen(sites, study, right);
      for (const { url } of sites) {
        expect(await search(url, `/dicom-web/studies/${study}/series`)).toHaveLength(1);
        expect(await search(url, '/dicom-web/series?SeriesDescription=FINDINGS*')).toEqual([]);
      }
    });
  });

  describe('A study of a site that SITE_ORDER names, with a higher number than that of whoever was first', () => {
    const honest = caseStudy({ ...RIGHT, PatientID: 'R-3' });
    const { study } = honest;
    const foreign = caseStudy({ ...WRONG, StudyInstanceUID: study }, { instances: 1 });

    it('is seen by its own name at every site', async () => {
      const { sites, mallory, fifth } = bed();
      await publish(mallory, foreign);
      await untilSeen(sites, study, await expectedStudy(mallory, foreign, WRONG));
      await publish(fifth, honest);
      await untilSeen(sites, study, await expectedStudy(mallory, honest, { ...RIGHT, PatientID: 'R-3' }));
    });
  });
  describe('An instance whose UID another member announces too', () => {
    const of = (PatientID: string): CaseStudy => caseStudy({ ...RIGHT, PatientID });
    async function storedThird(honest: CaseStudy, PatientID: string): Promise<SeenStudy> {
      const { sites, mallory } = bed();
      const right = await expectedStudy(mallory, honest, { ...RIGHT, PatientID });
      await storeStudy(sites[2], honest);
      await untilSeen(sites, honest.study, right);
      return right;
    }

    it('in the same study, stays what it is at every site', async () => {
      const { sites, malloryAgain } = bed();
      const honest = of('R-4');
      const [{ SOPInstanceUID, SeriesInstanceUID }] = honest.files as [(typeof honest.files)[0]];
      const uids = { StudyInstanceUID: honest.study, SeriesInstanceUID, SOPInstanceUID };
      const foreign = caseStudy({ ...WRONG, ...uids }, { instances: 1 });
      const right = await storedThird(honest, 'R-4');
      await publish(malloryAgain, foreign);
      const [listed] = await conflictsOf(bed(), honest.study);
      expect(listed).toContainEqual({ siteId: MALLORY, isShown: false, instanceCount: 1 });
      await untilSeen(sites, honest.study, right);
      const wrong = await expectedStudy(malloryAgain, foreign, WRONG);
      await untilSeen(sites, honest.study, wrong, mallorys);
    });

    it('in another study, stays what it is at every site, and is listed', async () => {
      const { sites, malloryAgain } = bed();
      const honest = of('R-5');
      const [{ SOPInstanceUID }] = honest.files as [(typeof honest.files)[0]];
      const foreign = caseStudy({ ...WRONG, SOPInstanceUID }, { instances: 1 });
      const right = await storedThird(honest, 'R-5');
      await publish(malloryAgain, foreign);
      const both = [
        { siteId: 3, isShown: true, instanceCount: 1 },
        { siteId: MALLORY, isShown: false, instanceCount: 1 },
      ];
      expect(await conflictsOf(bed(), SOPInstanceUID, 'instance')).toEqual(sites.map(() => both));
      await untilSeen(sites, honest.study, right);
      for (const { url } of sites) expect(await recordAt(url, SOPInstanceUID)).toMatchObject({ siteId: 3 });
    });
  });
}
