import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { Change } from '../change.js';
import { readAll, readingOf } from './late.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, column, query, type Sample, uidOf } from './records.js';

const study = { StudyInstanceUID: uidOf('study') };

/** An instance of the study "study" as a site announces it in release 2, in a series of its own, under a study key that it has for it. */
const by = (siteId: number, of: string, studyKey = `${siteId}0`): Sample => ({
  ...{ name: of, series: `${siteId}-series` },
  image: { siteId, ringId: '0xa1', studyKey },
});
const mayAdd = (siteId: number, studyKey: string, toSite: number, may: boolean, logIndex = 0): Change => ({
  ...{ kind: 'study-shared', siteId, studyKey, toSite, mayAdd: may, logIndex },
});

/** In release 2, series of other sites are found in a study where its site has said so on the chain, and rules allow it. This site is 1. */
export function invitationSuite(openAny: OpenForSuite): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await openAny({ site: { additions: [2, 3], siteOrder: [3] } });
  });
  afterEach(() => catalog.close());
  /** Whose series are found in the study that is shown. */
  const sites = async () =>
    column((await catalog.seenBy('everything').search(query('series', study))).matches, '0020000E').map((uid) =>
      [1, 2, 3, 4].find((siteId) => uid === uidOf(`${siteId}-series`)),
    );
  const conflicts = async () => (await catalog.faults()).conflicts;

  describe('an invitation to add to a study', () => {
    beforeEach(() =>
      catalog.apply(
        block(1),
        [1, 2, 3, 4].map((siteId, at) => announced(by(siteId, `${siteId}`), at)),
      ),
    );

    it('lets series of that site in, until it is taken back', async () => {
      expect(await sites()).toEqual([1]);
      await catalog.apply(block(2), [mayAdd(1, '10', 2, true)]);
      expect(await sites()).toEqual([1, 2]);
      await catalog.apply(block(3), [mayAdd(1, '10', 3, true), mayAdd(1, '10', 2, false, 1)]);
      expect(await sites()).toEqual([1, 3]);
      await catalog.apply(block(4), [mayAdd(1, '10', 3, false), mayAdd(1, '10', 3, true, 1)]);
      expect(await sites()).toEqual([1, 3]);
      for (const [to, expected] of [
        [3, [1, 3]],
        [2, [1, 2]],
        [1, [1]],
      ] as const) {
        await catalog.rollback(block(to));
        expect(await sites()).toEqual(expected);
      }
    });

    it('is no conflict any more', async () => {
      const before = await conflicts();
      await catalog.apply(block(2), [mayAdd(1, '10', 2, true)]);
      // The study stays one for the sites 3 and 4.
      expect(await conflicts()).toBe(before);
      await catalog.apply(block(3), [mayAdd(1, '10', 3, true)]);
      await catalog.rollback(block(0), [
        { block: block(1, 'f'), changes: [announced(by(1, '1')), announced(by(2, '2'), 1)] },
        { block: block(2, 'f'), changes: [mayAdd(1, '10', 2, true)] },
      ]);
      expect(await conflicts()).toBe(0);
    });

    it('counts only from the site of the study that is shown, for a study key of that study, and where rules allow it', async () => {
      await catalog.apply(block(2), [
        mayAdd(3, '30', 2, true),
        mayAdd(1, '11', 2, true, 1),
        mayAdd(1, '10', 4, true, 2),
        mayAdd(2, '10', 2, true, 3),
      ]);
      expect(await sites()).toEqual([1]);
    });
  });

  it('may come before the study, and may be read before it', async () => {
    const own = by(1, '1');
    await catalog.apply(block(1), [mayAdd(1, '10', 2, true), announced(by(2, '2'), 1), bare(own, 2)]);
    expect(await sites()).toEqual([2]);
    await readAll(catalog, () => readingOf(own));
    expect(await sites()).toEqual([1, 2]);
    await catalog.apply(block(2), [announced(by(1, 'another', '12'))]);
    expect(await sites()).toEqual([1, 2]);
  });

  it('is asked for as soon as a study of release 1 is announced in release 2 too', async () => {
    const release1 = { ...by(1, '1'), image: { siteId: 1 } };
    await catalog.apply(block(1), [announced(release1), announced(by(2, '2'), 1)]);
    expect(await sites()).toEqual([1, 2]);
    await catalog.apply(block(2), [announced(by(1, 'again'))]);
    expect(await sites()).toEqual([1]);
    await catalog.apply(block(3), [mayAdd(1, '10', 2, true)]);
    expect(await sites()).toEqual([1, 2]);
    await catalog.rollback(block(1));
    expect(await sites()).toEqual([1, 2]);
  });
}
