import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Query } from '../query.js';
import { announced, block, element, full, key, query, type Sample, uidOf } from './records.js';

/** Which attributes every catalogue returns of what it finds. */
export function returnedSuite(open: () => Catalog | Promise<Catalog>): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());
  const store = async (...samples: Sample[]) => {
    const number = Number(catalog.projection.cursor()?.number ?? 0n) + 1;
    await catalog.apply(
      block(number),
      samples.map((sample, index) => announced(sample, index)),
    );
  };
  const search = async (level: Query['level'], rest?: Partial<Query>) =>
    (await seen.search(query(level, rest))).matches;

  const ids = { StudyInstanceUID: uidOf('study'), SeriesInstanceUID: uidOf('study-series') };
  const charset = { '00080005': element('CS', 'ISO_IR 192') };
  const announcedOnly = { '00080054': element('AE', 'Site 1'), '00080056': element('CS', 'UNAVAILABLE') };
  const { studyAttributes: ofStudy = {}, seriesAttributes: ofSeries = {}, instanceAttributes: ofInstance = {} } = full;
  const pick = (from: Record<string, unknown>, ...tags: string[]) =>
    Object.fromEntries(tags.map((tag) => [tag, from[tag]]));
  const patientDefaults = pick(ofStudy, '00100010', '00100020', '00100030', '00100040');
  const studyDefaults = {
    ...pick(ofStudy, '00080020', '00080030', '00080050', '00080090', '00080201', '00081030', '00200010'),
    ...patientDefaults,
    '00080061': element('CS', 'CT'),
    '00080062': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '0020000D': element('UI', uidOf('study')),
    '00201206': element('IS', 1),
    '00201208': element('IS', 1),
  };
  const seriesDefaults = {
    ...pick(ofSeries, '00080060', '0008103E', '00200011', '00400244', '00400245'),
    '00400275': element('SQ', { '00400009': element('SH', 'SPS'), '00401001': element('SH', 'RP') }),
    '00080201': ofStudy['00080201'],
    '0020000D': element('UI', uidOf('study')),
    '0020000E': element('UI', uidOf('study-series')),
    '00201209': element('IS', 1),
  };
  const instanceDefaults = {
    ...pick(ofInstance, '00200013', '00280008', '00280010', '00280011', '00280100'),
    '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
    '00080018': element('UI', uidOf('a')),
    '00080201': ofStudy['00080201'],
    '0020000D': element('UI', uidOf('study')),
    '0020000E': element('UI', uidOf('study-series')),
    '00083002': element('UI', '1.2.840.10008.1.2.1'),
  };

  describe('search: what is returned', () => {
    beforeEach(() => store(full));

    it('has the default attributes of each level, and those of the levels above that the URL does not name', async () => {
      expect(await search('patient')).toEqual([
        {
          ...charset,
          ...patientDefaults,
          '00100021': element('LO', 'Hospital'),
          '00201200': element('IS', 1),
          '00201202': element('IS', 1),
          '00201204': element('IS', 1),
        },
      ]);
      expect(await search('study')).toEqual([{ ...charset, ...announcedOnly, ...studyDefaults }]);
      const { StudyInstanceUID } = ids;
      expect(await search('series', { StudyInstanceUID })).toEqual([
        { ...charset, ...announcedOnly, ...seriesDefaults },
      ]);
      expect(await search('series')).toEqual([{ ...charset, ...announcedOnly, ...studyDefaults, ...seriesDefaults }]);
      const own = { ...charset, ...announcedOnly, ...instanceDefaults };
      expect(await search('instance', ids)).toEqual([own]);
      expect(await search('instance', { StudyInstanceUID })).toEqual([{ ...seriesDefaults, ...own }]);
      expect(await search('instance')).toEqual([{ ...studyDefaults, ...seriesDefaults, ...own }]);
    });

    it('has the keys in ascending order', async () => {
      const tags = Object.keys((await search('instance', { include: 'all' }))[0] ?? {});
      expect(tags).toEqual([...tags].sort());
      expect(tags.length).toBeGreaterThan(30);
    });

    it('has required attributes empty when they are not known, and leaves the others out', async () => {
      await store({ name: 'b', study: 'bare', patient: '', studyAttributes: {} });
      const [bare] = await search('study', { match: [key('0020000D', 'UI', uidOf('bare'))] });
      for (const [tag, vr] of Object.entries({
        '00080020': 'DA',
        '00080061': 'CS',
        '00100010': 'PN',
        '00200010': 'SH',
      }))
        expect(bare?.[tag]).toEqual({ vr });
      expect(bare).not.toHaveProperty('00081030');
      const [series] = await search('series', { StudyInstanceUID: uidOf('bare') });
      expect(series).toMatchObject({ '00080060': { vr: 'CS' }, '00200011': { vr: 'IS' }, '00400275': { vr: 'SQ' } });
    });

    it('adds what is included, of the level and those above', async () => {
      const include = [['00081048'], ['00080021'], ['00080008'], ['00101010'], ['FFFFFFFF']];
      const own = { '00081048': ofStudy['00081048'], '00101010': ofStudy['00101010'] };
      expect(await search('study', { include })).toEqual([{ ...charset, ...announcedOnly, ...studyDefaults, ...own }]);
      expect((await search('instance', { ...ids, include }))[0]).toMatchObject({
        ...own,
        '00080021': ofSeries['00080021'],
        '00080008': ofInstance['00080008'],
      });
    });

    it('adds everything that is kept of the level and those above for "all"', async () => {
      expect(await search('study', { include: 'all' })).toEqual([
        { ...ofStudy, ...studyDefaults, ...charset, ...announcedOnly },
      ]);
      expect(await search('instance', { ...ids, include: 'all' })).toEqual([
        {
          ...ofStudy,
          ...studyDefaults,
          ...ofSeries,
          ...seriesDefaults,
          ...ofInstance,
          ...instanceDefaults,
          ...announcedOnly,
          ...charset,
          '00400275': ofSeries['00400275'],
        },
      ]);
    });

    it('returns of a sequence what the path names', async () => {
      const items = async (include: string[][]) => (await search('series', { include }))[0]?.['00400275']?.Value;
      expect(await items([['00400275', '00321060']])).toEqual(ofSeries['00400275']?.Value);
      expect(await items([['00400275']])).toEqual(ofSeries['00400275']?.Value);
      const [deep] = await search('instance', { ...ids, include: [['00400275', '00400009']] });
      expect(deep?.['00400275']).toEqual(element('SQ', { '00400009': element('SH', 'SPS') }));
    });

    it('returns of a sequence that is matched the items that match', async () => {
      const SQ = '00400275';
      const item = (step: string, procedure: string, ...codes: string[]) => ({
        '00400008': element('SQ', ...codes.map((code) => ({ '00080100': element('SH', code) }))),
        '00400009': element('SH', step),
        '00401001': element('SH', procedure),
      });
      const items = [item('S1', 'RP1', 'C1', 'C2'), item('S2', 'RP1', 'C2'), item('S1', 'RP2')];
      await store({ name: 'b', study: 'two', seriesAttributes: { [SQ]: element('SQ', ...items) } });
      const returned = async (
        match: Query['match'],
        include: Query['include'] = [],
        level: Query['level'] = 'series',
      ) => (await search(level, { StudyInstanceUID: uidOf('two'), match, include }))[0]?.[SQ]?.Value;
      const shown = ({ '00400009': step, '00401001': procedure }: (typeof items)[number]) => ({
        '00400009': step,
        '00401001': procedure,
      });
      const [first, second, third] = items as [(typeof items)[number], (typeof items)[number], (typeof items)[number]];
      const step = key([SQ, '00400009'], 'SH', 'S1');

      expect(await returned([step])).toEqual([shown(first), shown(third)]);
      expect(await returned([step], [], 'instance')).toEqual([shown(first), shown(third)]);
      expect(await returned([step, key([SQ, '00401001'], 'SH', '*2')])).toEqual([shown(third)]);
      expect(await returned([key([SQ, '00400009'], 'SH', '')])).toEqual(items.map(shown));
      expect(await returned([step], 'all')).toEqual([first, third]);
      const inner = key([SQ, '00400008', '00080100'], 'SH', 'C1');
      const innerItem = { '00400008': element('SQ', { '00080100': element('SH', 'C1') }) };
      expect(await returned([inner])).toEqual([{ ...shown(first), ...innerItem }]);
      expect(await returned([inner], [[SQ]])).toEqual([{ ...first, ...innerItem }]);
      expect(await returned([key([SQ, '00400008', '00080100'], 'SH', 'C2')], [], 'instance')).toEqual([
        { ...shown(first), '00400008': element('SQ', { '00080100': element('SH', 'C2') }) },
        { ...shown(second), '00400008': second['00400008'] },
      ]);
    });

    it('returns a private attribute together with its creator', async () => {
      const [match] = await search('instance', { ...ids, include: [['00091001']] });
      expect(match).toMatchObject({ '00090010': element('LO', 'ACME 1.1'), '00091001': element('LO', 'private') });
    });

    it('returns attributes that are keys', async () => {
      const [match] = await search('study', { match: [key('00081048', 'PN', 'recorder')] });
      expect(match).toHaveProperty('00081048');
    });

    it('returns the modality of a study on demand when it has one only', async () => {
      const include = [['00080060']];
      expect((await search('study'))[0]).not.toHaveProperty('00080060');
      expect((await search('study', { include }))[0]?.['00080060']).toEqual(element('CS', 'CT'));
      await store({ name: 'b', series: 'two', seriesAttributes: { '00080060': element('CS', 'SR') } });
      expect((await search('study', { include }))[0]).not.toHaveProperty('00080060');
    });

    it('returns a patient’s counts on demand at other levels', async () => {
      expect((await search('series', { include: [['00201202']] }))[0]?.['00201202']).toEqual(element('IS', 1));
    });
  });
}
