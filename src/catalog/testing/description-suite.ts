import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { Query } from '../query.js';
import { announced, block, column, element, key, name, query, retired, type Sample, sealed } from './records.js';

const ID = '00100020';
const NAME = '00100010';
const ACCESSION = '00080050';
const DATE = '00080020';
const MODALITY = '00080060';

/** What describes studies and series whose instances do not say the same. */
export function descriptionSuite(open: () => Catalog | Promise<Catalog>): void {
  let catalog: Catalog;
  let number: number;
  beforeEach(async () => {
    catalog = await open();
    number = 0;
  });
  afterEach(() => catalog.close());
  const store = async (...samples: Sample[]): Promise<void> => {
    for (const sample of samples) {
      await catalog.apply(block(++number), [announced(sample)]);
      await catalog.apply(block(++number), [sealed(sample.name)]);
    }
  };
  const found = async (level: Query['level'], match: Query['match'] = []) =>
    (await catalog.seenBy('everything').search(query(level, { match }))).matches;

  const report: Sample = {
    name: 'sr',
    series: 'reports',
    studyAttributes: { [ID]: element('LO'), [ACCESSION]: element('SH'), [NAME]: element('PN') },
  };
  const scan: Sample = {
    name: 'ct',
    series: 'scans',
    studyAttributes: {
      [ID]: element('LO', 'REAL'),
      [ACCESSION]: element('SH', 'ACC'),
      [NAME]: name('Doe^Jane'),
      [DATE]: element('DA', '20240102'),
    },
  };

  describe('a study whose first instance has no values', () => {
    it.each([
      ['the empty one first', [report, scan]],
      ['the empty one last', [scan, report]],
    ])('has those of the lowest that has one, %s', async (_, samples) => {
      await store(...samples);
      for (const match of [
        key(ID, 'LO', 'REAL'),
        key(ACCESSION, 'SH', 'ACC'),
        key(NAME, 'PN', 'doe*'),
        key(DATE, 'DA', '20240102'),
      ]) {
        const studies = await found('study', [match]);
        expect([column(studies, ID), column(studies, ACCESSION), column(studies, DATE)]).toEqual([['REAL'], ['ACC'], ['20240102']]); // prettier-ignore
        expect(await found('series', [match])).toHaveLength(2);
        expect(column(await found('instance', [match]), ID)).toEqual(['REAL']);
      }
    });

    it('belongs to the patient that is named', async () => {
      await store(report, scan, { ...scan, name: 'other', study: 'other', series: 'o' });
      expect(await found('patient', [key(ID, 'LO', 'REAL')])).toMatchObject([{ '00201200': { Value: [2] } }]);
    });

    it('has them no longer when the one that said them is retired', async () => {
      await store(report, scan);
      await catalog.apply(block(++number), [retired('ct')]);
      expect(await found('study', [key(ID, 'LO', 'REAL')])).toEqual([]);
      expect(await found('study')).toMatchObject([{ [ID]: { vr: 'LO' }, [ACCESSION]: { vr: 'SH' } }]);
    });
  });

  it('describes a series by the lowest that has a value, and an instance by its own', async () => {
    await store(
      { name: 'a', seriesAttributes: { [MODALITY]: element('CS') } },
      { name: 'b', seriesAttributes: { [MODALITY]: element('CS', 'CT') } },
      { name: 'c', seriesAttributes: { [MODALITY]: element('CS', 'MR') } },
    );
    expect(column(await found('series', [key(MODALITY, 'CS', 'CT')]), MODALITY)).toEqual(['CT']);
    expect(await found('series', [key(MODALITY, 'CS', 'MR')])).toEqual([]);
    expect(column(await found('instance', [key(MODALITY, 'CS', 'MR')]), MODALITY)).toEqual(['MR']);
    expect(await found('instance', [key(MODALITY, 'CS', 'CT')])).toHaveLength(1);
  });

  describe('a study that names two patients', () => {
    const of = (id: string): Sample => ({
      name: id,
      patient: id,
      studyAttributes: { [ID]: element('LO', id), ...(id === 'MIX-B' ? { [NAME]: name('Roe^B') } : {}) },
    });

    it('is the first one’s; each instance is found by its own, and listed as its own', async () => {
      await store(of('MIX-A'), of('MIX-B'));
      expect(await found('study', [key(ID, 'LO', 'MIX-B')])).toEqual([]);
      const [study] = await found('study', [key(ID, 'LO', 'MIX-A')]);
      expect([study?.[ID]?.Value, study?.[NAME]?.Value]).toEqual([['MIX-A'], undefined]);
      for (const id of ['MIX-A', 'MIX-B'])
        expect(column(await found('instance', [key(ID, 'LO', id)]), '00080018')).toEqual(column((await found('instance')).filter((each) => each[ID]?.Value?.[0] === id), '00080018')); // prettier-ignore
      expect(column(await found('instance', [key(ID, 'LO', 'MIX-B')]), ID)).toEqual(['MIX-B']);
      expect(await found('instance', [key(NAME, 'PN', 'roe*')])).toHaveLength(1);
      expect(await found('study', [key(NAME, 'PN', 'roe*')])).toEqual([]);
    });

    it('is one that somebody has to look at, until the other is retired', async () => {
      await store(of('MIX-A'));
      expect((await catalog.faults()).mixedStudies).toBe(0);
      await store(of('MIX-B'), { ...of('MIX-B'), name: 'again' });
      expect((await catalog.faults()).mixedStudies).toBe(1);
      await catalog.apply(block(++number), [retired('MIX-B'), retired('again', 1)]);
      expect((await catalog.faults()).mixedStudies).toBe(0);
    });
  });
}
