import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { Change } from '../change.js';
import { readAll, readingOf } from './late.js';
import { listed } from './listed.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, contentOf, hashOfIssuer, type Sample, sealed, uidOf } from './records.js';

const names = ['a', 'b', 'c', 'd'];
/** Of a patient of the issuer "North", as a site announces it in release 2. */
const north = (
  of: string,
  siteId: number,
  { study = of, studyKey = of, ...rest }: Partial<Sample> & { studyKey?: string } = {},
): Sample => ({
  ...{ name: of, study, record: { issuer: 'North' } },
  ...rest,
  image: { siteId, ringId: '0xa1', studyKey, ...rest.image },
});
const assigned = (siteId: number | undefined, logIndex = 0): Change => ({
  ...{ kind: 'issuer-assigned', issuerHash: hashOfIssuer('North'), siteId, logIndex },
});
const shared = (siteId: number, studyKey: string, toSite: number, logIndex = 0, mayAdd = false): Change => ({
  ...{ kind: 'study-shared', siteId, studyKey, toSite, mayAdd, logIndex },
});

/** What every catalogue does with patients for whose issuer another site speaks, in release 2. This site is 1. */
export function issuerSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open();
  });
  afterEach(() => catalog.close());
  const there = () => listed(catalog, names);
  const kept = async () =>
    (await catalog.quarantined({ limit: 9 })).map(({ SOPInstanceUID, reason }) => [SOPInstanceUID, reason]);

  describe('an issuer of patient IDs', () => {
    it('keeps what other sites announce of its patients from answers, as long as a site speaks for it', async () => {
      await catalog.apply(block(1), [
        announced(north('a', 2)),
        announced(north('b', 3), 1),
        announced(north('c', 1), 2),
        announced(north('d', 2, { record: { issuer: 'South' } }), 3),
      ]);
      await catalog.apply(block(2), [assigned(3)]);
      expect(await there()).toBe('bcd');
      expect(await kept()).toEqual([[uidOf('a'), 'foreign-issuer']]);
      expect(await catalog.quarantined({ limit: 9 })).toMatchObject([
        { detail: expect.stringContaining('issuer list') },
      ]);
      expect((await catalog.faults()).quarantined).toBe(1);
      expect((await catalog.seenBy('everything').counts()).instances).toBe(3);
      await catalog.apply(block(3), [assigned(2)]);
      expect(await there()).toBe('acd');
      await catalog.apply(block(4), [assigned(1)]);
      expect(await there()).toBe('cd');
      await catalog.apply(block(5), [assigned(undefined)]);
      expect(await there()).toBe('abcd');
      for (const [to, expected] of [
        [4, 'cd'],
        [3, 'acd'],
        [2, 'bcd'],
        [1, 'abcd'],
      ] as const) {
        await catalog.rollback(block(to));
        expect(await there()).toBe(expected);
      }
    });

    it('is held against what comes later too, whenever it is read', async () => {
      await catalog.apply(block(1), [assigned(3)]);
      const late = north('b', 2);
      await catalog.apply(block(2), [announced(north('a', 2)), bare(late, 1), announced(north('c', 1), 2)]);
      await readAll(catalog, () => readingOf(late));
      expect(await there()).toBe('c');
      expect(await kept()).toEqual([
        [uidOf('b'), 'foreign-issuer'],
        [uidOf('a'), 'foreign-issuer'],
      ]);
    });

    it('is held against no patient without an ID, and nothing of release 1', async () => {
      const nobody = { studyAttributes: { '00100020': { vr: 'LO' } } };
      const release1 = { image: { ringId: undefined, studyKey: undefined } };
      await catalog.apply(block(1), [
        assigned(3),
        announced(north('a', 2, nobody), 1),
        announced(north('b', 2, release1), 2),
      ]);
      expect(await there()).toBe('ab');
    });

    it('is no reason any more for what an admin has released, and stays one for what was refused', async () => {
      await catalog.apply(block(1), [assigned(3), announced(north('a', 2), 1), announced(north('b', 2), 2)]);
      for (const [of, kind] of [
        ['a', 'released'],
        ['b', 'refused'],
      ] as const)
        expect(await catalog.decide(contentOf(of, 2), { kind, by: 'admin' })).toBe(true);
      expect([await there(), (await catalog.faults()).quarantined]).toEqual(['a', 0]);
      await catalog.apply(block(2), [assigned(undefined)]);
      expect(await there()).toBe('a');
      expect(await catalog.decide(contentOf('b', 2), { kind: 'released', by: 'admin' })).toBe(true);
      expect(await there()).toBe('ab');
    });
  });

  describe('a study that its site has shared with another one', () => {
    const study = { study: 's' };

    it('may have instances of that one, whatever comes first', async () => {
      const [theirs, ours, other] = [
        north('a', 2, study),
        north('b', 3, { ...study, studyKey: '7' }),
        north('c', 4, study),
      ];
      await catalog.apply(block(1), [assigned(3), announced(theirs, 1), announced(ours, 2), announced(other, 3)]);
      expect(await there()).toBe('b');
      await catalog.apply(block(2), [shared(3, '7', 2)]);
      expect(await catalog.seenBy('everything', 2).instance(uidOf('a'))).toBeDefined();
      expect(await kept()).toEqual([[uidOf('c'), 'foreign-issuer']]);
      await catalog.rollback(block(1));
      expect(await kept()).toHaveLength(2);
      const changes = [shared(3, '7', 2), assigned(3, 1), announced(theirs, 2), bare(ours, 3), announced(other, 4)];
      await catalog.rollback(block(0), [{ block: block(1, 'f'), changes }]);
      // What is shared is known once it can be read here.
      expect(await kept()).toHaveLength(2);
      await readAll(catalog, () => readingOf(ours));
      expect(await kept()).toEqual([[uidOf('c'), 'foreign-issuer']]);
    });

    it('is not known any more when a rollback takes what its site announced of it', async () => {
      await catalog.apply(block(1), [assigned(3), announced(north('a', 2, study), 1), shared(3, '7', 2, 2)]);
      await catalog.apply(block(2), [announced(north('b', 3, { ...study, studyKey: '7' }))]);
      expect(await kept()).toEqual([]);
      await catalog.rollback(block(1));
      expect(await kept()).toEqual([[uidOf('a'), 'foreign-issuer']]);
    });

    it('is that of the site that speaks, and another study is not meant', async () => {
      await catalog.apply(block(1), [
        assigned(3),
        announced(north('a', 2, study), 1),
        announced(north('b', 3, { ...study, studyKey: '7' }), 2),
        announced(north('d', 4, { ...study, studyKey: '9' }), 3),
      ]);
      await catalog.apply(block(2), [shared(4, '9', 2), shared(3, '8', 2, 1), shared(3, '7', 5, 2), sealed('a', 3)]);
      expect(await kept()).toEqual([
        [uidOf('d'), 'foreign-issuer'],
        [uidOf('a'), 'foreign-issuer'],
      ]);
    });
  });
}
