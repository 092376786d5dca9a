import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { MatchingKey, Query } from '../query.js';
import { announced, block, column, element, key, name, query, type Sample } from './records.js';

const UID = '0020000D';
const DATE = '00080020';

/** Empty values (PS3.4 §C.2.2.2.7), names by how they sound, order, and dates that are none. */
export function extendedMatchingSuite(open: () => Catalog | Promise<Catalog>): void {
  let catalog: Catalog;
  let number: number;
  beforeEach(async () => {
    catalog = await open();
    number = 0;
  });
  afterEach(() => catalog.close());
  const store = async (...samples: Sample[]): Promise<void> => {
    for (const sample of samples) await catalog.apply(block(++number), [announced(sample)]);
  };
  const found = async (level: Query['level'], rest: Partial<Query>) =>
    (await catalog.seenBy('everything').search(query(level, rest))).matches;
  const empty = (tag: string, vr: string): MatchingKey => ({ path: [tag], vr, values: [], isEmpty: true });
  const named = (
    study: string,
    PatientName: Parameters<typeof name>[0],
    others?: Parameters<typeof name>[1],
  ): Sample => ({
    ...{ name: study, study, patient: study },
    studyAttributes: { '00100020': element('LO', study), '00100010': name(PatientName, others) },
  });

  it('finds what has no value', async () => {
    await store(
      { name: 'a', study: 'a', studyAttributes: { '00080050': element('SH', 'x'), [DATE]: element('DA', '20240101') } },
      { name: 'b', study: 'b', studyAttributes: { '00080050': element('SH'), [DATE]: element('DA') } },
      { name: 'c', study: 'c', instanceAttributes: { '00200013': element('IS', 1) } },
    );
    const countOf = async (level: Query['level'], one: MatchingKey) => (await found(level, { match: [one] })).length;
    expect(await countOf('study', empty('00080050', 'SH'))).toBe(2);
    expect(await countOf('study', empty(DATE, 'DA'))).toBe(2);
    expect(await countOf('study', empty('00100010', 'PN'))).toBe(3);
    expect(await countOf('study', empty('00080061', 'CS'))).toBe(3);
    expect(await countOf('instance', empty('00200013', 'IS'))).toBe(2);
    expect(await countOf('instance', empty('00080050', 'SH'))).toBe(2);
  });

  describe('fuzzy', () => {
    const namesLike = async (text: string) =>
      column(await found('study', { match: [key('00100010', 'PN', text)], fuzzy: true }), '00100020').sort();
    it('finds names that sound alike, and those that begin so', async () => {
      await store(named('1', 'Smith^John'), named('2', 'Müller^Jörg'), named('3', 'Meier^Ann'), named('4', 'Yamada^Tarou', { Ideographic: '山田^太郎' })); // prettier-ignore
      expect(await namesLike('Smyth')).toEqual(['1']);
      expect(await namesLike('smyth^jon')).toEqual(['1']);
      expect(await namesLike('Mueller')).toEqual(['2']);
      expect(await namesLike('Maier')).toEqual(['3']);
      expect(await namesLike('Smyth^Ann')).toEqual([]);
      expect(await namesLike('山田')).toEqual(['4']);
      expect(await namesLike('山')).toEqual(['4']);
      expect(await namesLike('Yam')).toEqual(['4']);
    });
  });

  it('orders by attributes, what has none last', async () => {
    await store(named('1', 'B'), named('2', 'C'), named('3', 'A'), { name: 'none', study: 'none' });
    const order = async (tag: string, descending: boolean) =>
      column(await found('study', { orderBy: [{ tag, descending }] }), '00100020');
    expect(await order('00100010', false)).toEqual(['3', '1', '2', 'patient']);
    expect(await order('00100010', true)).toEqual(['2', '1', '3', 'patient']);
    expect((await order('00100020', true))[0]).toBe('patient');
  });

  it('takes a date that is none for no date', async () => {
    for (const [index, date] of ['notadate', '20241301', '20240230', '20240101'].entries())
      await store({
        name: date,
        study: date,
        studyAttributes: { [DATE]: element('DA', date), '00200010': element('SH', `${index}`) },
      });
    const all = await found('study', {});
    expect(all[0]?.[DATE]?.Value).toEqual(['20240101']);
    expect(all).toHaveLength(4);
    expect(column(await found('study', { match: [key(DATE, 'DA', '-20991231')] }), UID)).toHaveLength(1);
  });

  it.each([
    ['DA', 'notadate'],
    ['DA', '20240230'],
    ['DA', '2024*'],
    ['DA', '-'],
    ['DA', '20240101-x'],
    ['TM', '2561'],
    ['DT', '20241301'],
  ])('refuses the %s key %s', async (vr, text) => {
    await expect(found('study', { match: [key(DATE, vr, text)] })).rejects.toMatchObject({ code: 'bad-request' });
  });

  it.each([
    ['DA', '20240229'],
    ['DA', '2024.02.29'],
    ['DA', '20240101-'],
    ['DA', '*'],
    ['TM', '10'],
    ['TM', '235960.5'],
    ['DT', '2024'],
    ['DT', '20240101120000.1-0500-20250101'],
  ])('takes the %s key %s', async (vr, text) => {
    expect(await found('study', { match: [key(DATE, vr, text)] })).toEqual([]);
  });
}
