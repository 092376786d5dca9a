import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { MatchingKey, Query } from '../query.js';
import {
  announced,
  block,
  column,
  element,
  full,
  key,
  name,
  query,
  retired,
  type Sample,
  sealed,
  uidOf,
} from './records.js';

/** What every catalogue answers to searches: counts, order, pages and levels. */
export function searchSuite(open: () => Catalog | Promise<Catalog>): void {
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

  describe('search: counts, lists and availability', () => {
    beforeEach(async () => {
      const series = (of: string, modality: string, SOPClassUID: string): Sample => ({
        name: of,
        series: modality + SOPClassUID,
        seriesAttributes: { '00080060': element('CS', modality) },
        record: { SOPClassUID },
      });
      await store(
        series('a', 'CT', '1.2.1'),
        series('b', 'CT', '1.2.1'),
        series('c', 'PT', '1.2.3'),
        series('d', 'CT', '1.2.2'),
      );
    });

    it('keeps counts, modalities and SOP classes up to date', async () => {
      const [study] = await search('study');
      expect(study).toMatchObject({
        '00080061': element('CS', 'CT', 'PT'),
        '00080062': element('UI', '1.2.1', '1.2.2', '1.2.3'),
        '00201206': element('IS', 3),
        '00201208': element('IS', 4),
      });
      await catalog.apply(block(2), [sealed('c'), retired('c', 1)]);
      expect((await search('study'))[0]).toMatchObject({
        '00080061': element('CS', 'CT'),
        '00080062': element('UI', '1.2.1', '1.2.2'),
        '00201206': element('IS', 2),
        '00201208': element('IS', 3),
      });
      await store({ name: 'e', study: 'other' });
      expect((await search('patient'))[0]).toMatchObject({
        '00201200': element('IS', 2),
        '00201202': element('IS', 3),
        '00201204': element('IS', 4),
      });
    });

    it('says ONLINE of a resource when all of it is sealed', async () => {
      const availability = async (level: Query['level']) => column(await search(level), '00080056');
      await catalog.apply(block(2), [sealed('a'), sealed('d', 1)]);
      expect(await availability('study')).toEqual(['UNAVAILABLE']);
      expect(await search('series', { match: [key('00080056', 'CS', 'ONLINE')] })).toHaveLength(1);
      await catalog.apply(block(3), [sealed('b'), sealed('c', 1)]);
      expect(await availability('study')).toEqual(['ONLINE']);
      expect(await availability('series')).toEqual(['ONLINE', 'ONLINE', 'ONLINE']);
      expect(await availability('instance')).toEqual(['ONLINE', 'ONLINE', 'ONLINE', 'ONLINE']);
    });
  });

  describe('search: order and pages', () => {
    const dated = (of: string, date?: string, time?: string): Sample => ({
      name: of,
      study: of,
      studyAttributes: {
        ...(date && { '00080020': element('DA', date) }),
        ...(time && { '00080030': element('TM', time) }),
      },
    });

    it('puts the newest study first; of equal ones the one that came last; those without a date at the end', async () => {
      await store(
        dated('a', '20240101'),
        dated('b'),
        dated('c', '20240101', '10'),
        dated('d', '20240101', '0930'),
        dated('e', '2023.12.31'),
        dated('f', '20240101', '10'),
        dated('g'),
      );
      expect(column(await search('study'), '0020000D')).toEqual(['f', 'c', 'd', 'a', 'e', 'g', 'b'].map(uidOf));
    });

    it('orders series and instances by number, then UID', async () => {
      const at = (of: string, series: string, SeriesNumber: number | undefined, InstanceNumber: number): Sample => ({
        name: of,
        series,
        seriesAttributes: SeriesNumber === undefined ? {} : { '00200011': element('IS', SeriesNumber) },
        instanceAttributes: { '00200013': element('IS', InstanceNumber) },
      });
      await store(
        at('a', 'r', undefined, 1),
        at('b', 's', 10, 2),
        at('c', 't', 9, 10),
        at('d', 't', 9, 9),
        at('e', 'q', 9, -1),
        at('f', 't', 9, 9),
      );
      expect(column(await search('series'), '0020000E')).toEqual(['q', 't', 's', 'r'].map(uidOf));
      for (const scope of [{}, { StudyInstanceUID: uidOf('study') }])
        expect(column(await search('instance', scope), '00080018')).toEqual(['e', 'd', 'f', 'c', 'b', 'a'].map(uidOf));
    });

    it('pages through all matches without gap or repetition, and says how many remain', async () => {
      const letters = [...'abcdefghijk'];
      await store(...letters.map((letter) => dated(letter, '20240101')));
      const paged: unknown[] = [];
      for (let offset = 0; offset < 12; offset += 3) {
        const { matches, remaining } = await seen.search(query('study', { limit: 3, offset }));
        paged.push(...column(matches, '0020000D'));
        expect(remaining).toBe(11 - offset - matches.length);
      }
      expect(paged).toEqual([...letters].reverse().map(uidOf));
      const remaining = async (limit: number, offset: number) =>
        (await seen.search(query('study', { limit, offset }))).remaining;
      expect([await remaining(11, 0), await remaining(10, 0), await remaining(12, 0)]).toEqual([0, 1, 0]);
      expect([await remaining(5, 11), await remaining(5, 12), await remaining(0, 0)]).toEqual([0, 0, 11]);
    });
  });

  describe('search: keys of other levels', () => {
    beforeEach(async () => {
      await store(
        { ...full, name: 'a', study: 's', series: 'ct' },
        {
          name: 'b',
          study: 's',
          series: 'sr',
          seriesAttributes: { '00080060': element('CS', 'SR'), '00200011': element('IS', 9) },
        },
        {
          name: 'c',
          study: 't',
          series: 'mr',
          patient: 'other',
          seriesAttributes: { '00080060': element('CS', 'MR'), '00200011': element('IS', 3) },
        },
      );
    });
    const studies = async (...match: MatchingKey[]) => column(await search('study', { match }), '0020000D');

    it('finds a study by its series and instances', async () => {
      expect(await studies(key('00080060', 'CS', 'SR'))).toEqual([uidOf('s')]);
      expect(await studies(key('0020000E', 'UI', uidOf('mr')))).toEqual([uidOf('t')]);
      expect(await studies(key('00080018', 'UI', uidOf('c')))).toEqual([uidOf('t')]);
      expect(await studies(key('00280010', 'US', '512'))).toEqual([uidOf('s')]);
    });

    it('asks one and the same series for all keys of its level', async () => {
      expect(await studies(key('00080060', 'CS', 'CT'), key('00200011', 'IS', '3'))).toEqual([uidOf('s')]);
      expect(await studies(key('00080060', 'CS', 'CT'), key('00200011', 'IS', '9'))).toEqual([]);
    });

    it('finds by ModalitiesInStudy and SOPClassesInStudy with any of several', async () => {
      expect(await studies(key('00080061', 'CS', 'SR', 'MR'))).toHaveLength(2);
      expect(await studies(key('00080061', 'CS', 'C?'))).toEqual([uidOf('s')]);
      expect(await studies(key('00080061', 'CS', 'US'))).toEqual([]);
      expect(await studies(key('00080062', 'UI', '1.2.840.10008.5.1.4.1.1.2'))).toHaveLength(2);
      expect(await search('series', { match: [key('00080061', 'CS', 'SR')] })).toHaveLength(2);
    });

    it('finds series and instances by attributes of the study, and patients by their studies', async () => {
      expect(column(await search('series', { match: [key('00100020', 'LO', 'other')] }), '0020000E')).toEqual([
        uidOf('mr'),
      ]);
      expect(column(await search('instance', { match: [key('00081030', 'LO', 'Knee')] }), '00080018')).toEqual(
        // The other instance of the study does not say it.
        ['a'].map(uidOf),
      );
      expect(column(await search('patient', { match: [key('00080060', 'CS', 'MR')] }), '00100020')).toEqual(['other']);
      expect(column(await search('patient', { match: [key('00100010', 'PN', 'doe*')] }), '00100020')).toEqual([
        'patient',
      ]);
      expect(column(await search('patient', { match: [key('00201204', 'IS', '2')] }), '00100020')).toEqual(['patient']);
      expect(await search('study', { match: [key('00201204', 'IS', '2')] })).toHaveLength(1);
      expect(await studies(key('00201206', 'IS', '2'), key('00201208', 'IS', '02'))).toEqual([uidOf('s')]);
    });

    it('finds nothing by an attribute that no object has, unless the key is universal', async () => {
      expect(await studies(key('00189999', 'LO', 'x'))).toEqual([]);
      expect(await studies(key('00189999', 'LO', '*'), key('00080005', 'CS', 'ISO_IR 100'))).toHaveLength(2);
    });

    it('keeps to the resource of the URL', async () => {
      const [StudyInstanceUID, SeriesInstanceUID] = [uidOf('s'), uidOf('sr')];
      expect(await search('series', { StudyInstanceUID })).toHaveLength(2);
      expect(column(await search('instance', { StudyInstanceUID, SeriesInstanceUID }), '00080018')).toEqual([
        uidOf('b'),
      ]);
      expect(await search('instance', { StudyInstanceUID: uidOf('t'), SeriesInstanceUID })).toEqual([]);
    });

    it('takes 100 keys and refuses more', async () => {
      const keys = (count: number) => Array.from({ length: count }, () => key('00100020', 'LO', 'other'));
      expect(await studies(...keys(100))).toEqual([uidOf('t')]);
      await expect(studies(...keys(101))).rejects.toThrow(LedgerError);
      expect(
        await studies(
          key(
            Array.from({ length: 8 }, () => '00400275'),
            'SH',
            'x',
          ),
        ),
      ).toEqual([]);
      await expect(
        studies(
          key(
            Array.from({ length: 9 }, () => '00400275'),
            'SH',
            'x',
          ),
        ),
      ).rejects.toThrow(LedgerError);
    });
  });

  it('search: takes the study’s patient attributes from the study, not from another one of the patient', async () => {
    const named = (of: string, PatientName: string): Sample => ({
      name: of,
      study: of,
      studyAttributes: { '00100010': name(PatientName) },
    });
    await store(named('a', 'Before'), named('b', 'After'));
    expect((await search('study')).map((study) => study['00100010'])).toEqual([name('After'), name('Before')]);
    expect((await search('patient')).map((patient) => patient['00100010'])).toEqual([name('Before')]);
  });
}
