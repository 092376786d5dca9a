import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { Change } from '../change.js';
import { readAll, readingOf } from './late.js';
import { listed } from './listed.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, gathered, keyOf, type Sample, sealed } from './records.js';

const names = ['a', 'b', 'c'];
const sample = (of: string, siteId = 2): Sample => ({
  ...{ name: of, study: of },
  image: { siteId, ringId: '0xa1', studyKey: of },
});
/** A site's images are hidden from block `since` on; none, without it. */
const dismissed = (siteId: number, since: number | undefined, logIndex = 0): Change => ({
  ...{ kind: 'site-dismissed', siteId, logIndex },
  hiddenSince: since === undefined ? undefined : block(since).timestamp,
});

/** What every catalogue does when the consortium dismisses a site, and readmits it. */
export function dismissalSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open();
  });
  afterEach(() => catalog.close());
  const there = () => listed(catalog, names);

  describe('a site that was dismissed', () => {
    beforeEach(async () => {
      for (const [index, of] of names.entries()) {
        await catalog.apply(block(2 * index + 1), [announced(sample(of))]);
        await catalog.apply(block(2 * index + 2), [sealed(of)]);
      }
    });

    it('has what it announced since a block time hidden, until it is readmitted', async () => {
      expect(await there()).toBe('abc');
      await catalog.apply(block(7), [dismissed(2, 3)]);
      expect(await there()).toBe('a');
      expect(await catalog.seenBy('everything').counts()).toMatchObject({ studies: 1, instances: 1 });
      expect(await catalog.seenBy('everything', 2).counts()).toMatchObject({ instances: 1 });
      expect(catalog.projection.holder(keyOf('b'))).toMatchObject({ state: 'sealed', hidden: 'dismissed' });
      expect(await catalog.quarantined({ limit: 9 })).toEqual([]);
      const changes = (await gathered(catalog.seenBy('everything').changes({}))).flat();
      await catalog.apply(block(8), [dismissed(2, undefined)]);
      expect(await there()).toBe('abc');
      const later = (await gathered(catalog.seenBy('everything').changes({ after: changes.length }))).flat();
      expect([...new Set(later.map(({ action }) => action))]).toEqual(['create']);
      for (const [to, expected] of [
        [7, 'a'],
        [6, 'abc'],
      ] as const) {
        await catalog.rollback(block(to));
        expect(await there()).toBe(expected);
      }
    });

    it('has nothing hidden by a dismissal that hides nothing, and of several the last holds', async () => {
      await catalog.apply(block(7), [dismissed(2, undefined)]);
      expect(await there()).toBe('abc');
      await catalog.apply(block(8), [dismissed(2, 1), dismissed(2, 5, 1)]);
      expect(await there()).toBe('ab');
      await catalog.rollback(block(7), [{ block: block(8, 'f'), changes: [dismissed(3, 1)] }]);
      expect(await there()).toBe('abc');
    });

    it('has what comes later hidden too, whenever it is read', async () => {
      await catalog.apply(block(7), [dismissed(2, 7)]);
      const [inline, late] = [sample('d'), sample('e')];
      await catalog.apply(block(8), [announced(inline), bare(late, 1)]);
      await readAll(catalog, () => readingOf(late));
      expect((await catalog.seenBy('everything').counts()).instances).toBe(3);
      await catalog.apply(block(9), [dismissed(2, undefined)]);
      expect((await catalog.seenBy('everything').counts()).instances).toBe(5);
    });

    it('sees all of its own, and of release 1 nothing is hidden', async () => {
      const release1 = { name: 'd', image: { siteId: 3 } };
      await catalog.apply(block(7), [announced(sample('e', 1)), announced(release1, 1)]);
      await catalog.apply(block(8), [dismissed(1, 1), dismissed(3, 1, 1)]);
      expect((await catalog.seenBy('everything').counts()).instances).toBe(5);
    });
  });
}
