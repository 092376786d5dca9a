import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Query, ResourceIds } from '../query.js';
import type { OpenForSuite } from './open-for-suite.js';
import {
  announced,
  block,
  column,
  element,
  gathered,
  key,
  name,
  query,
  retired,
  rowAt,
  type Sample,
  sealed,
  uidOf,
  withdrawn,
} from './records.js';

const study = { StudyInstanceUID: uidOf('study') };
const SERIES = '0020000E';
const DESCRIPTION = '0008103E';

/** An instance of the study "study" as a site announces it, in a series of its own. */
const by = (siteId: number, of: string, rest: Partial<Sample> = {}): Sample => ({
  name: of,
  series: `${siteId}-series`,
  studyAttributes: {
    '00081030': element('LO', `Study of ${siteId}`),
    '00100010': name(`Of^${siteId}`),
    '00100020': element('LO', `P${siteId}`),
  },
  seriesAttributes: { '00080060': element('CS', siteId === 1 ? 'CT' : 'SR') },
  ...rest,
  image: { siteId, ...rest.image },
});
/** Of the same UID as another, at another contract: the first takes one image ID once. */
const same = (siteId: number, of: string, rest: Partial<Sample> = {}): Sample =>
  by(siteId, of, { ...rest, image: { contract: `0xd${siteId}` } });

/** That series of sites which are allowed to add are found in the study that is shown, and change nothing of it. This site is 1. */
export function additionsSuite(openAny: OpenForSuite): void {
  const open = async (additions: number[], named?: string): Promise<Catalog> =>
    openAny({ ...(named !== undefined && { name: named }), site: { additions, siteOrder: [3] } });
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open([2, 3]);
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());

  const search = async (level: Query['level'], rest: Partial<Query> = {}, of = seen) =>
    (await of.search(query(level, rest))).matches;
  const series = async (of = seen, rest: Partial<Query> = study) => column(await search('series', rest, of), SERIES);
  const uids = async (ids: ResourceIds = study, of = seen) =>
    (await of.instances(ids)).map(({ SOPInstanceUID }) => SOPInstanceUID);
  const uidsOf = (...names: string[]) => names.map(uidOf);

  describe('an addition to a study', () => {
    it('is found at the levels of series and instance, after what the shown site has', async () => {
      await catalog.apply(block(1), [
        announced(by(2, 'b', { seriesAttributes: { '00200011': element('IS', 1) } })),
        announced(by(1, 'a', { seriesAttributes: { '00200011': element('IS', 9) } }), 1),
        ...[sealed('b', 2), announced(by(4, 'd'), 3)],
      ]);
      const both = uidsOf('1-series', '2-series');
      expect(await series()).toEqual(both);
      expect(await series(seen, {})).toEqual(both);
      expect(column(await search('series', study), '00201209')).toEqual([1, 1]);
      expect(column(await search('series', study), '00080056')).toEqual(['UNAVAILABLE', 'NEARLINE']);
      expect(column(await search('instance', study), '00080018')).toEqual(uidsOf('a', 'b'));
      const ofSeries = { ...study, SeriesInstanceUID: uidOf('2-series') };
      expect(column(await search('instance', ofSeries), '00080018')).toEqual(uidsOf('b'));
      const byUid = await search('instance', { match: [key('00080018', 'UI', uidOf('b'))] });
      expect(column(byUid, '00080018')).toEqual(uidsOf('b'));

      expect(await uids()).toEqual(uidsOf('a', 'b'));
      expect(await uids(ofSeries)).toEqual(uidsOf('b'));
      expect(await seen.instance(uidOf('b'))).toMatchObject({ siteId: 2, ...study });
      expect(await seen.bodies(rowAt(1))).toMatchObject({ body: 'announced b' });
      expect(await seen.preview(rowAt(1))).toEqual(Buffer.from('preview of b'));
      expect(await gathered(seen.metadata(ofSeries))).toHaveLength(1);
      expect(await gathered(seen.sealedSOPInstanceUIDs())).toEqual(uidsOf('b'));
      expect(await seen.instance(uidOf('d'))).toBeUndefined();
    });

    it('neither counts nor matches nor describes at the levels of study and patient', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a'))]);
      const levels = ['study', 'patient'] as const;
      const answers = async () =>
        Promise.all(levels.map((level) => search(level, { include: [['00201200'], ['00201204'], ['00080062']] })));
      const before = await answers();
      const counts = await seen.counts();
      const file = { record: { mediaType: 'image/png' } };
      await catalog.apply(block(2), [announced(by(2, 'b', { ...file, patient: 'P1' }))]);
      expect(await series()).toHaveLength(2);
      expect(await answers()).toEqual(before);
      expect(await seen.counts()).toEqual(counts);
      expect(await seen.siteOfStudy(study.StudyInstanceUID)).toBe(1);
      expect(await gathered(seen.images('P2'))).toEqual([]);
      for (const [level, wanted] of [
        ['study', key('00080061', 'CS', 'SR')],
        ['study', key('00080060', 'CS', 'SR')],
        ['series', key('00100020', 'LO', 'P2')],
        ['patient', key('00080018', 'UI', uidOf('b'))],
      ] as const)
        expect(await search(level, { match: [wanted] })).toEqual([]);
      const ofStudy = await search('series', { match: [key('00100020', 'LO', 'P1')], include: [['00081030']] });
      expect(column(ofStudy, '00081030')).toEqual(['Study of 1', 'Study of 1']);
      expect(column(ofStudy, SERIES)).toEqual(uidsOf('1-series', '2-series'));
    });

    it('says whose it is, before its description and for its institution, and stored bytes stay', async () => {
      const metadata = (at: object) => JSON.stringify({ '00080016': { vr: 'UI' }, ...at, '00100020': { vr: 'LO' } });
      const own = { '00080080': element('LO', 'Given'), [DESCRIPTION]: element('LO', 'Report') };
      const at = (of: Sample, attributes: object): Sample => ({
        ...of,
        seriesAttributes: { ...of.seriesAttributes, ...attributes },
        record: { metadata: metadata(attributes) },
      });
      await catalog.apply(
        block(1),
        [at(by(1, 'a'), own), at(by(2, 'b'), own), at(by(3, 'c'), {})].map((each, index) => announced(each, index)),
      );
      for (const level of ['series', 'instance'] as const) {
        const found = await search(level, { ...study, include: [[DESCRIPTION], ['00080080']] });
        expect(column(found, DESCRIPTION)).toEqual(['Report', '[Site 2] Report', '[Site 3]']);
        expect(column(found, '00080080')).toEqual(['Given', 'Site 2', 'Site 3']);
        expect(column(found, '00080054')).toEqual(['Site 1', 'Site 2', 'Site 3']);
      }
      const said = (site: string, description: string) =>
        metadata({
          '00080054': element('AE', site),
          '00080080': element('LO', site),
          [DESCRIPTION]: element('LO', description),
        });
      expect(await gathered(seen.metadata(study))).toEqual([
        metadata(own),
        said('Site 2', '[Site 2] Report'),
        said('Site 3', '[Site 3]'),
      ]);
      expect(await seen.bodies(rowAt(1, 1))).toMatchObject({ header: Buffer.from('header of b') });
    });

    it('is as it was below its own site, where nothing is added', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1), announced(by(3, 'c'), 2)]);
      const ofSite = (siteId: number) => catalog.seenBy('everything', siteId);
      expect(await series(ofSite(1))).toEqual(uidsOf('1-series'));
      expect(await uids(study, ofSite(1))).toEqual(uidsOf('a'));
      expect(await series(ofSite(2))).toEqual(uidsOf('2-series'));
      const [found] = await search('series', { ...study, include: [[DESCRIPTION], ['00100020']] }, ofSite(2));
      expect([found?.[DESCRIPTION], found?.['00100020']?.Value]).toEqual([undefined, ['P2']]);
      expect(await ofSite(2).instance(uidOf('a'))).toBeUndefined();
    });

    it('is seen by those alone who see that site’s study too', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1), announced(by(3, 'c'), 2)]);
      const label = (siteId: number) =>
        catalog.annotations.addLabels({ siteId, ...study, labels: ['trial'], setBy: 'test' });
      const trial = catalog.seenBy({ labels: ['trial'] });
      await label(2);
      expect([await series(trial), await uids(study, trial)]).toEqual([[], []]);
      await label(1);
      const both = uidsOf('1-series', '2-series');
      expect([await series(trial), await uids(study, trial)]).toEqual([both, uidsOf('a', 'b')]);
      expect(await trial.instance(uidOf('b'))).toMatchObject({ siteId: 2 });
      expect(await trial.instance(uidOf('c'))).toBeUndefined();
      expect([await trial.bodies(rowAt(1, 2)), await trial.preview(rowAt(1, 2))]).toEqual([undefined, undefined]);
      expect(await series(catalog.seenBy({ studies: [study.StudyInstanceUID] }))).toHaveLength(3);
      expect(await series(catalog.seenBy({ patient: { PatientID: 'P1' } }))).toEqual(uidsOf('1-series'));
    });

    it('takes no series UID that the shown study has, nor that of an addition before it', async () => {
      await catalog.apply(block(1), [
        announced(by(1, 'a')),
        announced(by(2, 'b', { series: '1-series' }), 1),
        announced(by(2, 'x', { series: 'more' }), 2),
        announced(by(3, 'y', { series: 'more' }), 3),
      ]);
      expect(await series()).toEqual(uidsOf('1-series', 'more'));
      expect(await uids()).toEqual(uidsOf('a', 'y'));
      expect(await seen.instance(uidOf('x'))).toBeUndefined();
      await catalog.apply(block(2), [withdrawn('y')]);
      expect(await uids()).toEqual(uidsOf('a', 'x'));
      await catalog.apply(block(3), [retired('x')]);
      expect(await seen.isGone({ ...study, SeriesInstanceUID: uidOf('more') })).toBe(true);
      await catalog.rollback(block(1));
      expect(await uids()).toEqual(uidsOf('a', 'y'));
    });

    it('stays out as a whole series as long as the shown study has the UID of one of its instances', async () => {
      const more = { series: '1-series' };
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1), announced(by(2, 'c'), 2)]);
      expect(await uids()).toEqual(uidsOf('a', 'b', 'c'));
      await catalog.apply(block(2), [announced(same(1, 'b', more))]);
      expect(await uids()).toEqual(uidsOf('a', 'b'));
      expect(await seen.instance(uidOf('b'))).toMatchObject({ siteId: 1 });
      expect(await seen.instance(uidOf('c'))).toBeUndefined();
      expect(await catalog.faults()).toMatchObject({ conflicts: 1 });
      await catalog.rollback(block(1));
      expect(await uids()).toEqual(uidsOf('a', 'b', 'c'));
      await catalog.apply(block(2), [announced(same(2, 'a'))]);
      expect(await uids()).toEqual(uidsOf('a'));
      expect(await seen.instance(uidOf('a'))).toMatchObject({ siteId: 1 });
    });

    it('takes no instance’s name that another study has at /dicom-web', async () => {
      const other = { study: 'other', series: 'others' };
      await catalog.apply(block(1), [
        announced(by(5, 'a', other)),
        announced(by(1, 'z'), 1),
        announced(same(3, 'a'), 2),
      ]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ siteId: 5 });
      const sites = [
        { siteId: 5, isShown: true, isAddition: false, instanceCount: 1 },
        { siteId: 3, isShown: false, isAddition: false, instanceCount: 1 },
      ];
      expect(await catalog.conflicts({ limit: 1, after: { level: 'study', uid: '9' } })).toMatchObject([{ sites }]);
    });

    it('ends with the study: nothing is added to one of which all is retired', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1)]);
      await catalog.apply(block(2), [retired('a')]);
      expect([await uids(), await series(), await seen.isGone(study)]).toEqual([[], [], true]);
      expect(await seen.instance(uidOf('b'))).toBeUndefined();
    });

    it('is a study of its own as soon as its site’s is shown', async () => {
      await catalog.apply(block(1), [announced(by(4, 'd')), announced(by(2, 'b'), 1)]);
      expect(column(await search('study'), '00100020')).toEqual(['P2']);
      await catalog.apply(block(2), [announced(by(3, 'c'))]);
      expect(await uids()).toEqual(uidsOf('c', 'b'));
      await catalog.apply(block(3), [withdrawn('c')]);
      expect(await uids()).toEqual(uidsOf('b'));
      const [found] = await search('series', { ...study, include: [[DESCRIPTION]] });
      expect(found?.[DESCRIPTION]).toBeUndefined();
    });
  });

  describe('the list of additions', () => {
    it('is no conflict, and says so, unless something is left out', async () => {
      await catalog.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1)]);
      const sites = async () => (await catalog.conflicts({ limit: 1 }))[0]?.sites;
      const shown = { siteId: 1, isShown: true, isAddition: false, instanceCount: 1 };
      const added = { siteId: 2, isShown: false, isAddition: true, instanceCount: 1 };
      expect([await sites(), (await catalog.faults()).conflicts]).toEqual([[shown, added], 0]);
      await catalog.apply(block(2), [announced(by(4, 'd'))]);
      const other = { siteId: 4, isShown: false, isAddition: false, instanceCount: 1 };
      expect([await sites(), (await catalog.faults()).conflicts]).toEqual([[shown, added, other], 1]);
      await catalog.apply(block(3), [withdrawn('d'), announced(by(2, 'c', { series: '1-series' }), 1)]);
      const inPart = { ...added, isAddition: false, instanceCount: 2 };
      expect([await sites(), (await catalog.faults()).conflicts]).toEqual([[shown, inPart], 1]);
    });

    it('is that of when the catalogue is opened, and empty unless it is set', async () => {
      const found: unknown[] = [];
      for (const [index, additions] of [undefined, [2], [3, 2], [3], []].entries()) {
        const each = await openAny({ name: 'additions', site: additions ? { additions } : {} });
        if (index === 0)
          await each.apply(block(1), [announced(by(1, 'a')), announced(by(2, 'b'), 1), announced(by(3, 'c'), 2)]);
        found.push([await uids(study, each.seenBy('everything')), (await each.faults()).conflicts]);
        await each.close();
      }
      const [a, b, c] = ['a', 'b', 'c'].map(uidOf);
      expect(found).toEqual([
        [[a], 1],
        [[a, b], 1],
        [[a, b, c], 0],
        [[a, c], 1],
        [[a], 1],
      ]);
    });
  });
}
