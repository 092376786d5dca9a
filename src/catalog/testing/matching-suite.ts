import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { MatchingKey } from '../query.js';
import { matches } from './matching-oracle.js';
import { announced, block, column, element, key, name, query, uidOf } from './records.js';

const tags = {
  LO: '00181030',
  CS: '00180015',
  LT: '00204000',
  IS: '00200013',
  DS: '00181050',
} as const;
const others = { PN: '00081050', DA: '00080022', TM: '00181014' } as const;
const tagOf: Record<string, string> = { ...tags, ...others };

const character = fc.constantFrom(...'aaAbB*?[]^$%_-\\\'",;.é😀 {}|=');
const text = fc.string({ unit: character, maxLength: 4 });
const nameText = fc.string({ unit: fc.constantFrom(...'abAüUßé^^, -*?'), maxLength: 6 });
const stored = (value: string) => value.replace(/[*?=]/g, 'x').trim();
const digits = (from: number, to: number) => fc.integer({ min: from, max: to }).map((n) => String(n).padStart(2, '0'));
const date = fc.tuple(digits(1, 2), digits(1, 3)).map(([month, day]) => `2024${month}${day}`);
const time = fc
  .tuple(digits(9, 11), digits(0, 1), digits(0, 1), fc.constantFrom('.5', '.500001'), fc.constantFrom(1, 2, 3, 4))
  .map(([hour, minute, second, fraction, parts]) => [hour, minute, second, fraction].slice(0, parts).join(''));
const number = fc.constantFrom('1', '01', '-1', '1.5', '10', '1e1', '0');

const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 2 });
const valueOf = (vr: string): fc.Arbitrary<unknown> => {
  if (vr === 'PN')
    return fc
      .record({ Alphabetic: nameText.map(stored), Ideographic: fc.constantFrom('', '山田^太郎', 'ab') })
      .map((groups) => Object.fromEntries(Object.entries(groups).filter(([, group]) => group !== '')));
  if (vr === 'DA') return fc.oneof(date, fc.constant('2024.01.02'));
  if (vr === 'TM') return time;
  if (vr === 'IS' || vr === 'DS') return fc.oneof(number, fc.constantFrom(1, 10, 1.5));
  return text.map((value) => value.trim()).filter((value) => value !== '');
};
const vrs = ['LO', 'CS', 'LT', 'PN', 'DA', 'TM', 'IS', 'DS'];
const attributes: fc.Arbitrary<DicomJson> = fc
  .tuple(
    ...vrs.map((vr) =>
      some(valueOf(vr)).map((values): [string, JsonElement] => [tagOf[vr] ?? '', element(vr, ...values)]),
    ),
  )
  .map((entries) => Object.fromEntries(entries));

const rangeOf = (one: fc.Arbitrary<string>) =>
  fc.oneof(
    one,
    fc.tuple(one, one).map(([a, b]) => `${a}-${b}`),
    one.map((a) => `${a}-`),
    one.map((a) => `-${a}`),
  );
const keyValue: Record<string, fc.Arbitrary<string>> = {
  LO: text,
  CS: text,
  LT: text,
  PN: fc.oneof(
    nameText,
    fc.tuple(nameText, fc.constantFrom('=', '=*', '=山*', '=ab', '=?田^太郎')).map((parts) => parts.join('')),
  ),
  DA: rangeOf(date),
  TM: rangeOf(time),
  IS: number,
  DS: number,
};
const matchKey: fc.Arbitrary<MatchingKey> = fc
  .constantFrom(...vrs)
  .chain((vr) =>
    fc.array(keyValue[vr] ?? text, { minLength: 1, maxLength: 2 }).map((values) => key(tagOf[vr] ?? '', vr, ...values)),
  );

/** How every catalogue compares keys with values (PS3.4 §C.2.2.2). */
/** What SQL, GLOB, LIKE, JSON paths or regular expressions could take for something of theirs. */
const LITERALS = [...'!"#$%&\'()+,-./0:;<=>@[]^_`{|}~\\é山😀', '[a-z]', '[^a]', '%_%', "' OR 1=1 --", '$.x'];

export function matchingSuite(
  open: () => Catalog | Promise<Catalog>,
  { literals = LITERALS }: { literals?: readonly string[] } = {},
): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());

  const store = async (instances: Record<string, DicomJson>) =>
    await catalog.apply(
      block(Number(catalog.projection.cursor()?.number ?? 0n) + 1),
      Object.entries(instances).map(([of, instanceAttributes], index) =>
        announced({ name: of, instanceAttributes }, index),
      ),
    );
  const found = async (match: MatchingKey[], fuzzy = false) =>
    column((await seen.search(query('instance', { match, fuzzy }))).matches, '00080018').sort();
  const named = (...names: string[]) => names.map(uidOf).sort();

  describe('search: matching', () => {
    it('agrees with the standard, said once more without SQL', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(attributes, { minLength: 8, maxLength: 8 }),
          fc.array(fc.tuple(fc.array(matchKey, { minLength: 1, maxLength: 2 }), fc.boolean()), {
            minLength: 30,
            maxLength: 30,
          }),
          async (instances, searches) => {
            await catalog.close();
            catalog = await open();
            seen = catalog.seenBy('everything');
            await store(Object.fromEntries(instances.map((each, index) => [`i${index}`, each])));
            for (const [match, fuzzy] of searches) {
              const expected = instances.flatMap((each, index) =>
                match.every((one) => matches(each[one.path[0] ?? ''], one, fuzzy)) ? [uidOf(`i${index}`)] : [],
              );
              expect({ match, fuzzy, found: await found(match, fuzzy) }).toEqual({
                match,
                fuzzy,
                found: expected.sort(),
              });
            }
          },
        ),
        { numRuns: 25 },
      );
    });

    it.each(literals)('takes %s literally', async (special) => {
      await store({ a: { [tags.LO]: element('LO', `x${special}y`) }, b: { [tags.LO]: element('LO', 'xzy') } });
      for (const value of [`x${special}y`, `*${special}y`, `?${special}*`])
        expect(await found([key(tags.LO, 'LO', value)])).toEqual(named('a'));
      expect(await found([key(tags.LO, 'LO', special)])).toEqual([]);
    });

    it('anchors wildcards at both ends', async () => {
      await store({ a: { [tags.LO]: element('LO', 'abc') } });
      const counts = (values: string[]) =>
        Promise.all(values.map(async (value) => (await found([key(tags.LO, 'LO', value)])).length));
      const hits = await counts(['a*', '*c', 'a?c', '*b*', '???', '***']);
      expect(hits).toEqual([1, 1, 1, 1, 1, 1]);
      const misses = await counts(['a', 'b*', '*b', '??', '????', 'A*']);
      expect(misses).toEqual([0, 0, 0, 0, 0, 0]);
    });

    it('takes no wildcards in UIDs, numbers and dates', async () => {
      await store({ a: { [tags.IS]: element('IS', 12), [others.DA]: element('DA', '20240101') } });
      expect(await found([key('00080018', 'UI', '2.25*')])).toEqual([]);
      expect(await found([key(tags.IS, 'IS', '1?')])).toEqual([]);
      await expect(found([key(others.DA, 'DA', '2024*')])).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('takes an empty key and a lone * for everything, also where there is no value', async () => {
      await store({ a: { [tags.LO]: element('LO', 'x') }, b: { [tags.LO]: element('LO') }, c: {} });
      for (const values of [[], [''], ['*'], ['y', '']])
        expect(await found([key(tags.LO, 'LO', ...values)])).toEqual(named('a', 'b', 'c'));
    });

    it('takes a list of UIDs of any length', async () => {
      await store({ a: {}, b: {}, c: {} });
      const many = Array.from({ length: 40_000 }, (_, index) => `1.2.${index}`);
      expect(await found([key('00080018', 'UI', ...many, uidOf('a'), uidOf('c'))])).toEqual(named('a', 'c'));
      expect(await found([key('00080018', 'UI', uidOf('b'))])).toEqual(named('b'));
    });

    it('compares names without case and accents, but not other text', async () => {
      await store({
        a: { [others.PN]: name('Müller^Jörg') },
        b: { [others.PN]: name('MULLER^Jorg^^^') },
        c: { [others.PN]: name('Strauß^Ole') },
        d: { [tags.LO]: element('LO', 'Müller') },
      });
      expect(await found([key(others.PN, 'PN', 'muller^JÖRG')])).toEqual(named('a', 'b'));
      expect(await found([key(others.PN, 'PN', 'STRAUSS*')])).toEqual(named('c'));
      expect(await found([key(tags.LO, 'LO', 'muller')])).toEqual([]);
    });

    it('does not take one kana for another', async () => {
      await store({
        a: { [others.PN]: name('Ka', { Phonetic: 'か' }) },
        b: { [others.PN]: name('Ga', { Phonetic: 'が' }) },
      });
      expect(await found([key(others.PN, 'PN', 'か')])).toEqual(named('a'));
    });

    it('compares component groups by position when the key has several', async () => {
      await store({
        a: { [others.PN]: name('Yamada^Tarou', { Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }) },
        b: { [others.PN]: name('Yamada^Jiro') },
      });
      for (const hit of [
        'yamada^t*',
        '山田*',
        'やまだ^たろう',
        '=山田^太郎',
        'Yamada*=山田*=やまだ*',
        '==やまだ*',
        'Yamada^Tarou=*',
      ])
        expect(await found([key(others.PN, 'PN', hit)])).toEqual(named('a'));
      expect(await found([key(others.PN, 'PN', '山田*=*a*')])).toEqual([]);
      expect(await found([key(others.PN, 'PN', '=Yamada*')])).toEqual([]);
    });

    it('finds names by the beginning of words when fuzzy, also as a viewer shows them', async () => {
      await store({
        a: { [others.PN]: name('Doe^John^Peter') },
        b: { [others.PN]: name('Johnson^Doerte') },
        c: { [others.PN]: name('Roe^Jim') },
      });
      const fuzzy = (value: string) => found([key(others.PN, 'PN', value)], true);
      expect(await fuzzy('Doe, John')).toEqual(named('a', 'b'));
      expect(await fuzzy('*Doe, John P*')).toEqual(named('a'));
      expect(await fuzzy('*doe^john*')).toEqual(named('a', 'b'));
      expect(await fuzzy('*oe*')).toEqual(named('a', 'b', 'c'));
      expect(await fuzzy('ohn')).toEqual([]);
      expect(await found([key(others.PN, 'PN', 'Doe, John')])).toEqual([]);
    });

    it('takes a date and a time range together for one range of moments', async () => {
      const at = (day: string, hour?: string): DicomJson => ({
        '00080022': element('DA', day),
        ...(hour && { '00080032': element('TM', hour) }),
      });
      await store({
        a: at('20240101', '0900'),
        b: at('20240101', '1200'),
        c: at('20240102', '0800'),
        d: at('20240102', '20'),
        e: at('20240102'),
        f: at('20240103', '09'),
      });
      const between = (days: string, hours: string) =>
        found([key('00080022', 'DA', days), key('00080032', 'TM', hours)]);
      expect(await between('20240101-20240102', '10-18')).toEqual(named('b', 'c', 'e'));
      expect(await between('20240101-', '1000-')).toEqual(named('b', 'c', 'd', 'e', 'f'));
      expect(await between('-20240102', '-0800')).toEqual(named('a', 'b', 'c', 'e'));
      expect(await between('20240101-20240103', '09')).toEqual(named('a', 'f'));
      expect(await between('20240102', '10-18')).toEqual([]);
    });

    it('compares DT across time zones, and tells an offset from a range', async () => {
      const DT = '0008002A';
      await store({
        a: { [DT]: element('DT', '20240101120000+0100') },
        b: { [DT]: element('DT', '20240101113000') },
        c: { [DT]: element('DT', '20240101100000.5-0500') },
      });
      const at = (value: string) => found([key(DT, 'DT', value)]);
      expect(await at('20240101110000+0000')).toEqual(named('a'));
      expect(await at('2024010111')).toEqual(named('a', 'b'));
      expect(await at('20240101060000-0500')).toEqual(named('a'));
      expect(await at('20240101060000-0500-20240101063000-0500')).toEqual(named('a', 'b'));
      expect(await at('2023-2024')).toEqual(named('a', 'b', 'c'));
      expect(await at('20240101150000-')).toEqual(named('c'));
      expect(await at('-20240101112959')).toEqual(named('a'));
      expect(await at('202402')).toEqual([]);
    });

    it('asks one item of a sequence for all keys in it', async () => {
      const item = (code: string, scheme: string) => ({
        '00080100': element('SH', code),
        '00080102': element('SH', scheme),
        '00400555': element('SQ', { '00081050': name('Müller') }),
      });
      const SQ = '00082218';
      await store({
        a: { [SQ]: element('SQ', item('T1', 'SRT'), item('T2', 'SCT')) },
        b: { [SQ]: element('SQ', item('T1', 'SCT')) },
        c: { [SQ]: element('SQ') },
      });
      expect(await found([key([SQ, '00080100'], 'SH', 'T1'), key([SQ, '00080102'], 'SH', 'SCT')])).toEqual(named('b'));
      expect(await found([key([SQ, '00080100'], 'SH', 'T?')])).toEqual(named('a', 'b'));
      expect(await found([key([SQ, '00400555', '00081050'], 'PN', 'muller')])).toEqual(named('a', 'b'));
      expect(await found([key([SQ, '00400555', '00080100'], 'SH', 'T1')])).toEqual([]);
    });
  });
}
