import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerError } from '../../base/errors.js';
import type { Catalog } from '../catalog.js';
import type { MatchingKey } from '../query.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, block, element, key, name, query } from './records.js';

/** Keys that were found by `npm run fuzz`, or made to be as slow as can be. */
export function hostileQueriesSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await open();
    const studyAttributes = {
      '00100010': name('a'.repeat(4000)),
      '00081030': element('LO', 'a'.repeat(4000)),
    };
    await catalog.apply(block(1), [announced({ name: 'one', studyAttributes })]);
  });
  afterAll(() => catalog.close());

  const ask = async (match: MatchingKey[], fuzzy = false): Promise<number | string> => {
    try {
      return (await catalog.seenBy('everything').search(query('study', { match, fuzzy }))).matches.length;
    } catch (error) {
      return (error as LedgerError).code;
    }
  };

  describe('search: hostile keys', () => {
    it('takes lists of 100 values that are compared one by one and refuses longer ones', async () => {
      const keys = [
        (values: string[]) => key('00081030', 'LO', ...values.map((value) => `*${value}*`)),
        (values: string[]) => key('00080061', 'CS', ...values.map((value) => `${value}?`)),
        (values: string[]) => key('00100010', 'PN', ...values),
        (values: string[]) => key('00080020', 'DA', ...values.map((value) => `2020010${value.length}-`)),
      ];
      for (const make of keys) {
        expect(await ask([make(many(100, (i) => `v${i}`))])).toBe(0);
        expect(await ask([make(many(101, (i) => `v${i}`))])).toBe('bad-request');
        expect(await ask([make(many(3000, (i) => `v${i}`))])).toBe('bad-request');
      }
    });

    it('takes long lists of UIDs', async () => {
      expect(await ask([key('0020000D', 'UI', ...many(5000, (i) => `1.2.${i}`))])).toBe(0);
    });

    it('takes three groups of a name and refuses more', async () => {
      expect(await ask([key('00100010', 'PN', 'b=c=d')])).toBe(0);
      expect(await ask([key('00100010', 'PN', 'b=c=d=e')])).toBe('bad-request');
      expect(await ask([key('00100010', 'PN', many(2000, () => 'b').join('='))])).toBe('bad-request');
    });

    it('takes names of 16 words and refuses more', async () => {
      expect(await ask([key('00100010', 'PN', many(16, () => 'b').join(' '))], true)).toBe(0);
      expect(await ask([key('00100010', 'PN', many(17, () => 'b').join(' '))], true)).toBe('bad-request');
    });

    it('takes values of 10,240 characters and refuses longer ones', async () => {
      for (const letter of ['a', '[', '?']) {
        expect(await ask([key('00081030', 'LO', `${letter.repeat(10_239)}*`)])).toBe(0);
        expect(await ask([key('00081030', 'LO', `${letter.repeat(10_240)}*`)])).toBe('bad-request');
        expect(await ask([key('00100010', 'PN', `${letter.repeat(10_239)}*`)], true)).toBe(0);
      }
    });

    it.each(['*a'.repeat(40) + 'b', '*a?'.repeat(2000) + 'b', `${'?'.repeat(3999)}*b`, `*${'a'.repeat(2000)}b*`])(
      'compares pattern %# in no time',
      async (pattern) => {
        const begun = performance.now();
        for (const [tag, vr] of [
          ['00081030', 'LO'],
          ['00100010', 'PN'],
        ] as const)
          for (const fuzzy of [false, true]) expect(await ask([key(tag, vr, pattern)], fuzzy)).toBe(0);
        expect(performance.now() - begun).toBeLessThan(2_000);
      },
    );

    it.each([`${'^'.repeat(10_000)}x`, `x${'*'.repeat(10_000)}y`, `${'*'.repeat(10_000)}y ${'*'.repeat(200)}z`])(
      'reads name %# in no time',
      async (value) => {
        const begun = performance.now();
        for (let times = 0; times < 20; times++) expect(await ask([key('00100010', 'PN', value)], true)).toBe(0);
        expect(performance.now() - begun).toBeLessThan(2_000);
      },
    );
  });
}

const many = (count: number, of: (index: number) => string): string[] => Array.from({ length: count }, (_, i) => of(i));
