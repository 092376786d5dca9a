import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import { readAll, readingOf } from './late.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, keyOf, query, retired, rowAt, type Sample, sealed, uidOf } from './records.js';

const RING = '0xa1';
const LOCKED = { kind: 'locked' } as const;
/** An image of another site, encrypted under a study key. */
const sample = (of: string, studyKey = '1', ringId = RING): Sample => ({
  ...{ name: of, study: `study ${studyKey}` },
  image: { siteId: 2, imageKey: `key of ${of}`, ringId, studyKey },
});

/** What every catalogue does with announcements that there is no key for. */
export function lockedSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());
  const samples = [sample('a'), sample('b', '2'), sample('c', '3', '0xa2')];
  const there = async () =>
    (await Promise.all(samples.map(({ name: of }) => seen.instance(uidOf(of))))).map((each) => each?.state);
  const readUnlocked = () =>
    readAll(catalog, ({ imageId }) => readingOf(samples.find(({ name: of }) => keyOf(of) === imageId) as Sample));
  const lockAll = () => readAll(catalog, () => LOCKED);

  describe('what is locked', () => {
    beforeEach(async () => {
      await catalog.apply(block(1), samples.map(bare));
      await catalog.apply(block(2), [sealed('a'), sealed('b', 1), retired('b', 2)]);
    });

    it('keeps its events, is in no answer, and does not wait', async () => {
      const [waiting] = await catalog.waiting({ perSite: 9 });
      expect(waiting).toMatchObject({ ringId: RING, studyKey: '1', imageKey: 'key of a', imageId: keyOf('a') });
      await lockAll();
      expect(catalog.projection.backlog()).toEqual({ waiting: 0, unverified: 0 });
      expect(await catalog.waiting({ perSite: 9 })).toEqual([]);
      expect(await catalog.locked()).toEqual([{ siteId: 2, count: 3 }]);
      expect(await seen.counts()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0 });
      expect((await seen.search(query('instance'))).matches).toEqual([]);
      expect(await there()).toEqual([undefined, undefined, undefined]);
      expect(catalog.projection.holder(keyOf('b'))).toEqual({ siteId: 2, state: 'retired', hidden: 'locked' });
      expect(await catalog.quarantined({ limit: 9 })).toEqual([]);
      expect((await catalog.faults()).quarantined).toBe(0);
    });

    it('waits again once there is a key for its ring or its study, and comes to stand at its own position', async () => {
      await lockAll();
      await catalog.unlock({ siteId: 3, ringId: RING });
      await catalog.unlock({ siteId: 2, ringId: '0xa2', studyKey: '1' });
      expect(catalog.projection.backlog().waiting).toBe(0);
      await catalog.unlock({ siteId: 2, ringId: RING, studyKey: '2' });
      await readUnlocked();
      expect(await there()).toEqual([undefined, 'retired', undefined]);
      await catalog.unlock({ siteId: 2, ringId: RING });
      await readUnlocked();
      expect(await there()).toEqual(['sealed', 'retired', undefined]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(1), ringId: RING, studyKey: '1' });
      expect(await catalog.locked()).toEqual([{ siteId: 2, count: 1 }]);
    });

    it('is tried again when a key came while it was looked for', async () => {
      const rows = await catalog.waiting({ perSite: 9 });
      await catalog.unlock({ siteId: 2, ringId: RING });
      await catalog.read(rows.map((row) => ({ ...row, reading: LOCKED })));
      expect(catalog.projection.backlog().waiting).toBe(3);
      await lockAll();
      expect(catalog.projection.backlog().waiting).toBe(0);
    });

    it('goes with its block, and comes locked with another one', async () => {
      await lockAll();
      const again = { ...announced(sample('a')), reading: LOCKED };
      await catalog.rollback(block(0), [{ block: block(1, 'f'), changes: [again] }]);
      expect(await catalog.locked()).toEqual([{ siteId: 2, count: 1 }]);
    });
  });
}
