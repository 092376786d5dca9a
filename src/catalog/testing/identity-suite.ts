import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Query } from '../query.js';
import type { OpenForSuite } from './open-for-suite.js';
import {
  announced,
  block,
  column,
  element,
  gathered,
  keyOf,
  name,
  query,
  retired,
  rowAt,
  type Sample,
  sealed,
  uidOf,
} from './records.js';

/** That nothing of one site joins, replaces or describes what is another's. This site is 1; 3 is put before the others. */
export function identitySuite(openAny: OpenForSuite): void {
  const open = async (named?: string, siteOrder = [3]): Promise<Catalog> =>
    openAny({ ...(named !== undefined && { name: named }), site: { siteOrder } });
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());

  /** An instance of the study "study" as a site announces it, at a contract of its own key. */
  const by = (siteId: number, of: string, rest: Partial<Sample> = {}): Sample => ({
    name: of,
    studyAttributes: { '00100010': name(`Of^${siteId}`), '00100020': element('LO', `P${siteId}`) },
    ...rest,
    image: { siteId, ...rest.image },
  });
  const study = { StudyInstanceUID: uidOf('study') };
  const patients = async (of = seen, level: Query['level'] = 'study') =>
    column((await of.search(query(level))).matches, '00100020');
  const uids = async (of = seen) => (await of.instances(study)).map(({ SOPInstanceUID }) => SOPInstanceUID);
  const ofSite = (siteId: number) => catalog.seenBy('everything', siteId);

  describe('a study of several sites', () => {
    it('is this site’s own, whoever announced first', async () => {
      await catalog.apply(block(1), [announced(by(2, 'a')), announced(by(3, 'b'), 1)]);
      expect(await patients()).toEqual(['P3']);
      await catalog.apply(block(2), [announced(by(1, 'c'))]);
      expect(await patients()).toEqual(['P1']);
      expect(await uids()).toEqual([uidOf('c')]);
      expect(await seen.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 1 });
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      expect(await patients(seen, 'patient')).toEqual(['P1']);
    });

    it('is that of the first site by SITE_ORDER, then by number', async () => {
      await catalog.apply(block(1), [announced(by(5, 'a')), announced(by(4, 'b'), 1)]);
      expect(await patients()).toEqual(['P4']);
      await catalog.apply(block(2), [announced(by(3, 'c'))]);
      expect(await patients()).toEqual(['P3']);
      await catalog.rollback(block(1));
      expect(await patients()).toEqual(['P4']);
    });

    it('is another one from when the catalogue is opened with another SITE_ORDER', async () => {
      const orders = [[], [5], [4, 5], [3]];
      const shown: unknown[] = [];
      for (const [index, order] of orders.entries()) {
        const each = await open('orders', order);
        if (index === 0)
          await each.apply(
            block(1),
            [4, 5, 6].map((site) => announced(by(site, `i${site}`), site)),
          );
        const reader = each.seenBy('everything');
        shown.push(...(await patients(reader)), ...(await patients(reader, 'patient')));
        expect(await reader.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 1 });
        await each.close();
      }
      expect(shown).toEqual(['P4', 'P4', 'P5', 'P5', 'P4', 'P4', 'P4', 'P4']);
    });

    it('stays this site’s own when all of it is retired: 410, not another’s', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1)]);
      await catalog.apply(block(2), [retired('a')]);
      expect(await seen.isGone(study)).toBe(true);
      expect(await uids()).toEqual([]);
      expect(await seen.hasStudy(study.StudyInstanceUID)).toBe(true);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'retired', siteId: 1 });
      expect(await seen.instance(uidOf('b'))).toBeUndefined();
      expect((await seen.counts()).studies).toBe(0);
    });

    it('is another’s that has instances, before one of which all is retired', async () => {
      await catalog.apply(block(1), [announced(by(2, 'a')), announced(by(4, 'b'), 1), announced(by(4, 'c'), 2)]);
      await catalog.apply(block(2), [retired('a')]);
      expect(await patients()).toEqual(['P4']);
      expect(await seen.isGone(study)).toBe(false);
      await catalog.apply(block(3), [retired('b'), retired('c', 1)]);
      expect(await seen.isGone(study)).toBe(true);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'retired' });
      expect(await seen.instance(uidOf('b'))).toBeUndefined();
    });

    it('takes no series and no instance of another’s, under whatever UIDs', async () => {
      const series = uidOf('study-series');
      await catalog.apply(block(1), [
        announced(by(2, 'first')),
        announced(by(1, 'a'), 1),
        announced(by(2, 'a', { image: { contract: '0xc2' } }), 2),
      ]);
      const other = by(2, 'x', { series: 'more', record: { SOPInstanceUID: uidOf('a') } });
      await catalog.apply(block(2), [announced(other)]);
      const found = await seen.search(query('series', study));
      expect(column(found.matches, '0020000E')).toEqual([series]);
      expect(column(found.matches, '00201209')).toEqual([1]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ siteId: 1, id: rowAt(1, 1) });
    });

    it('can be read of each site by its number', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1), sealed('b', 2)]);
      const other = ofSite(2);
      expect(await patients(other)).toEqual(['P2']);
      expect(await patients(other, 'patient')).toEqual(['P2']);
      expect(await uids(other)).toEqual([uidOf('b')]);
      expect(await other.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 1 });
      expect(await other.hasStudy(study.StudyInstanceUID)).toBe(true);
      expect(await other.instance(uidOf('a'))).toBeUndefined();
      expect(await other.bodies(rowAt(1, 1))).toMatchObject({ body: 'announced b', pages: 'pages of b' });
      expect(await other.bodies(rowAt(1))).toBeUndefined();
      expect(await seen.bodies(rowAt(1, 1))).toBeUndefined();
      expect(await seen.preview(rowAt(1, 1))).toBeUndefined();
      expect(await gathered(other.sealedSOPInstanceUIDs())).toEqual([uidOf('b')]);
      expect(await gathered(seen.sealedSOPInstanceUIDs())).toEqual([]);
      expect((await ofSite(9).counts()).studies).toBe(0);
    });

    it('is labelled for each site on its own', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1)]);
      await catalog.annotations.addLabels({ siteId: 2, ...study, labels: ['open'], setBy: 'rule' });
      const labelled = (siteId?: number) =>
        catalog.seenBy({ labels: ['open'] }, siteId).hasStudy(study.StudyInstanceUID);
      expect(await labelled()).toBe(false);
      expect(await labelled(2)).toBe(true);
      expect(await catalog.annotations.labels({ siteId: 1, ...study })).toEqual([]);
    });
  });

  describe('a patient of several sites', () => {
    it('is one of each site, though the keys are equal', async () => {
      const of = (siteId: number, image: string): Sample => ({ ...by(siteId, image), study: `study ${siteId}` });
      await catalog.apply(block(1), [announced(of(1, 'a')), announced(of(2, 'b'), 1)]);
      expect(await seen.counts()).toMatchObject({ patients: 2, studies: 2 });
      expect(await patients(seen, 'patient')).toEqual(['P1', 'P2']);
      expect(column((await seen.search(query('patient'))).matches, '00201200')).toEqual([1, 1]);
    });

    it('has the studies alone that are shown', async () => {
      await catalog.apply(block(1), [
        announced(by(2, 'a')),
        announced({ ...by(2, 'b'), study: 'two' }, 1),
        announced(by(1, 'c'), 2),
      ]);
      const counts = async (of: CatalogReader) => column((await of.search(query('patient'))).matches, '00201200');
      expect(await counts(seen)).toEqual([1, 1]);
      expect(await counts(ofSite(2))).toEqual([2]);
    });
  });

  describe('an instance UID of several sites', () => {
    it('is this site’s own among studies that are shown, then the first by SITE_ORDER', async () => {
      const of = (siteId: number) =>
        by(siteId, `i${siteId}`, { study: `s${siteId}`, record: { SOPInstanceUID: uidOf('same') } });
      await catalog.apply(block(1), [announced(of(2)), announced(of(3), 1), sealed('i2', 2), sealed('i3', 3)]);
      expect(await seen.instance(uidOf('same'))).toMatchObject({ siteId: 3 });
      expect(await gathered(seen.sealedSOPInstanceUIDs())).toEqual([uidOf('same')]);
      await catalog.apply(block(2), [announced(of(1))]);
      expect(await seen.instance(uidOf('same'))).toMatchObject({ siteId: 1 });
      expect(await ofSite(2).instance(uidOf('same'))).toMatchObject({ siteId: 2 });
      expect((await seen.counts()).instances).toBe(3);
    });

    it('is the first of one site’s that is there, at whichever contract', async () => {
      const again = (logIndex: number) =>
        announced(by(2, 'a', { image: { contract: '0xc2' }, study: 'other' }), logIndex);
      await catalog.apply(block(1), [announced(by(2, 'a')), again(1)]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ contract: '0xc1', ...study });
      expect((await seen.counts()).instances).toBe(1);
      await catalog.apply(block(2), [{ kind: 'withdrawn', contract: '0xc1', imageId: keyOf('a'), logIndex: 0 }]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ contract: '0xc2', StudyInstanceUID: uidOf('other') });
      await catalog.rollback(block(1));
      expect(await seen.instance(uidOf('a'))).toMatchObject({ contract: '0xc1' });
      expect((await seen.counts()).instances).toBe(1);
    });

    it('is found by its key of this site first', async () => {
      await catalog.apply(block(1), [announced(by(2, 'a')), sealed('a', 1)]);
      expect(catalog.projection.image(keyOf('a'))).toMatchObject({ siteId: 2 });
      await catalog.apply(block(2), [announced(by(1, 'a', { image: { contract: '0xc2' } }))]);
      expect(catalog.projection.image(keyOf('a'))).toMatchObject({ siteId: 1, state: 'announced' });
      expect(catalog.projection.holder(keyOf('a'))).toMatchObject({ siteId: 1 });
    });
  });

  describe('conflicts', () => {
    it('are the UIDs of several sites: studies first, and instances that are in different studies', async () => {
      const same = (siteId: number, of: string) =>
        by(siteId, `${of}${siteId}`, { study: `s${siteId}`, record: { SOPInstanceUID: uidOf(of) } });
      await catalog.apply(block(1), [
        announced(by(2, 'a')),
        announced(by(1, 'b'), 1),
        announced(by(2, 'c'), 2),
        announced(same(2, 'x'), 3),
        announced(same(4, 'x'), 4),
      ]);
      const ofStudy = {
        level: 'study',
        uid: study.StudyInstanceUID,
        sites: [
          { siteId: 1, isShown: true, isAddition: false, instanceCount: 1 },
          { siteId: 2, isShown: false, isAddition: false, instanceCount: 2 },
        ],
      };
      const ofInstance = {
        level: 'instance',
        uid: uidOf('x'),
        sites: [
          { siteId: 2, isShown: true, isAddition: false, instanceCount: 1 },
          { siteId: 4, isShown: false, isAddition: false, instanceCount: 1 },
        ],
      };
      expect(await catalog.conflicts({ limit: 9 })).toEqual([ofStudy, ofInstance]);
      expect(await catalog.conflicts({ limit: 1 })).toEqual([ofStudy]);
      const after = { level: 'study', uid: study.StudyInstanceUID } as const;
      expect(await catalog.conflicts({ limit: 1, after })).toEqual([ofInstance]);
      expect(await catalog.conflicts({ limit: 1, after: { level: 'instance', uid: uidOf('x') } })).toEqual([]);
      expect(await catalog.faults()).toMatchObject({ conflicts: 2 });
    });

    it('end when one of the sites has nothing left', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1)]);
      expect(await catalog.faults()).toMatchObject({ conflicts: 1 });
      await catalog.apply(block(2), [{ kind: 'withdrawn', contract: '0xc1', imageId: keyOf('b'), logIndex: 0 }]);
      expect(await catalog.conflicts({ limit: 9 })).toEqual([]);
      expect(await catalog.faults()).toMatchObject({ conflicts: 0 });
    });
  });

  describe('whose an object is', () => {
    it('is said by Retrieve AE Title, and by Institution Name where another’s has none', async () => {
      const named = (siteId: number, InstitutionName?: string): Sample =>
        by(siteId, `i${siteId}`, {
          study: `s${siteId}`,
          seriesAttributes: {
            '00080060': element('CS', 'CT'),
            ...(InstitutionName !== undefined && { '00080080': element('LO', InstitutionName) }),
          },
        });
      await catalog.apply(block(1), [
        announced(named(1)),
        announced(named(2), 1),
        announced(named(3, 'Own'), 2),
        announced(named(4, ' '), 3),
      ]);
      const values = async (level: Query['level'], tag: string, include: Query['include'] = [[tag]]) =>
        column((await seen.search(query(level, { include }))).matches, tag);
      for (const level of ['study', 'series', 'instance'] as const)
        expect((await values(level, '00080054', [])).sort()).toEqual(['Site 1', 'Site 2', 'Site 3', 'Site 4']);
      expect(await values('patient', '00080054')).toEqual([undefined, undefined, undefined, undefined]);
      for (const level of ['series', 'instance'] as const)
        expect((await values(level, '00080080')).sort()).toEqual(['Own', 'Site 2', 'Site 4', undefined]);
      expect(await values('series', '00080080', [])).toEqual([undefined, undefined, undefined, undefined]);
    });

    it('is in the metadata of another’s that has no Institution Name, and this site’s own stay as they are', async () => {
      const metadata = (at: Record<string, unknown>) =>
        JSON.stringify({ '00080016': { vr: 'UI' }, ...at, '00100020': { vr: 'LO' } });
      const given = { '00080080': { vr: 'LO', Value: ['Given'] } };
      const samples = [
        by(1, 'a', { study: 'a', record: { metadata: metadata({}) } }),
        by(2, 'b', { study: 'b', record: { metadata: metadata({}) } }),
        by(2, 'c', { study: 'c', record: { metadata: metadata(given) } }),
      ];
      await catalog.apply(block(1), samples.map(announced));
      const texts = async (of: string) => gathered(seen.metadata({ StudyInstanceUID: uidOf(of) }));
      expect(await texts('a')).toEqual([metadata({})]);
      expect(await texts('b')).toEqual([metadata({ '00080080': { vr: 'LO', Value: ['Site 2'] } })]);
      expect(await texts('c')).toEqual([metadata(given)]);
    });
  });
}
