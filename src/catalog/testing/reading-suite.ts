import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import { foreign, readAll, readingOf, wrong } from './late.js';
import type { OpenForSuite } from './open-for-suite.js';
import {
  announced,
  bare,
  block,
  column,
  contentOf,
  element,
  keyOf,
  query,
  retired,
  rowAt,
  type Sample,
  sealed,
  uidOf,
  withdrawn,
} from './records.js';

/** What every catalogue does with announcements that are read late. */
export function readingSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());
  const described = (text: string) => ({ '00081030': element('LO', text) });

  describe('reading late', () => {
    it('shows nothing of what waits, and then all, at its own position', async () => {
      const [a, b] = [
        foreign('a', { studyAttributes: described('A') }),
        foreign('b', { studyAttributes: described('B') }),
      ];
      await catalog.apply(block(1), [bare(a), bare(b, 1)]);
      await catalog.apply(block(2), [sealed('b')]);
      expect(await seen.counts()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0 });
      expect(await seen.hasStudy(uidOf('study'))).toBe(false);
      expect(await seen.bodies(rowAt(1))).toBeUndefined();
      await readAll(catalog, ({ imageId }) => (imageId === keyOf('b') ? readingOf(b) : undefined));
      expect(column((await seen.search(query('study'))).matches, '00081030')).toEqual(['B']);
      expect(await seen.instance(uidOf('b'))).toMatchObject({ id: rowAt(1, 1), state: 'sealed', sealedBlock: 2n });
      await readAll(catalog, () => readingOf(a));
      expect(column((await seen.search(query('study'))).matches, '00081030')).toEqual(['A']);
      expect(await seen.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 2 });
    });

    it('orders studies that are equal by their positions, not by when they were read', async () => {
      const [a, b] = [foreign('a', { study: 'a' }), foreign('b', { study: 'b' })];
      await catalog.apply(block(1), [bare(a), bare(b, 1)]);
      await catalog.read([
        { id: rowAt(1, 1), contentKey: contentOf('b', 2), isReleased: false, unlockCount: 0, reading: readingOf(b) },
      ]);
      await catalog.read([
        { id: rowAt(1), contentKey: contentOf('a', 2), isReleased: false, unlockCount: 0, reading: readingOf(a) },
      ]);
      expect(column((await seen.search(query('study'))).matches, '0020000D')).toEqual(['b', 'a'].map(uidOf));
    });

    it('follows seals, withdrawals and retirements of what it has not read', async () => {
      const samples = ['a', 'b', 'c'].map((of) => foreign(of));
      await catalog.apply(block(1), samples.map(bare));
      await catalog.apply(block(2), [sealed('a'), withdrawn('b', 1), sealed('c', 2), retired('c', 3)]);
      expect(catalog.projection.holder(keyOf('b'))).toBeUndefined();
      expect(catalog.projection.holder(keyOf('c'))).toMatchObject({ state: 'retired', hidden: 'waiting' });
      await readAll(catalog, ({ imageId }) =>
        readingOf(samples.find(({ name: of }) => keyOf(of) === imageId) as Sample),
      );
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'sealed' });
      expect(await seen.instance(uidOf('b'))).toBeUndefined();
      expect(await seen.instance(uidOf('c'))).toMatchObject({ state: 'retired' });
    });

    it('takes a second announcement in place of one that is only announced, and passes over one of what is sealed', async () => {
      const again = (siteId: number, logIndex = 0) => bare({ name: 'a', image: { siteId } }, logIndex);
      await catalog.apply(block(1), [again(2)]);
      await catalog.apply(block(2), [again(3)]);
      expect(catalog.projection.holder(keyOf('a'))).toMatchObject({ siteId: 3 });
      await catalog.apply(block(3), [sealed('a'), again(4, 1)]);
      expect(catalog.projection.holder(keyOf('a'))).toMatchObject({ siteId: 3, state: 'sealed' });
      // The one that was withdrawn is read too: it may come back.
      expect((await catalog.waiting({ perSite: 9 })).map(({ siteId }) => siteId)).toEqual([2, 3]);
      await catalog.rollback(block(1));
      expect(catalog.projection.holder(keyOf('a'))).toMatchObject({ siteId: 2, state: 'announced' });
    });

    it('gives of each site the oldest that wait, but for those that are named', async () => {
      const of = (siteId: number) => (each: string, index: number) =>
        bare({ name: each, image: { siteId } }, siteId * 10 + index);
      await catalog.apply(block(1), [...['a', 'b', 'c'].map(of(2)), ...['d', 'e'].map(of(7))]);
      const ids = async (options: Parameters<Catalog['waiting']>[0]) =>
        (await catalog.waiting(options)).map(({ id }) => id);
      expect(await ids({ perSite: 2 })).toEqual([20, 21, 70, 71].map((index) => rowAt(1, index)));
      expect(await ids({ perSite: 1, except: [rowAt(1, 20), rowAt(1, 70)] })).toEqual(
        [21, 71].map((index) => rowAt(1, index)),
      );
      const [first] = await catalog.waiting({ perSite: 1 });
      expect(first).toEqual({
        id: rowAt(1, 20),
        announcedBlock: 1n,
        ...bareImage('a'),
        isReleased: false,
        tries: 0,
        unlockCount: 0,
      });
    });

    const bareImage = (of: string) => (bare({ name: of, image: { siteId: 2 } }) as { image: object }).image;

    it('passes over what a reorganisation has taken away or changed meanwhile', async () => {
      await catalog.apply(block(1), []);
      await catalog.apply(block(2), [bare(foreign('a'))]);
      const [row] = await catalog.waiting({ perSite: 1 });
      const late = [{ ...row!, reading: readingOf(foreign('a')) }];
      await catalog.rollback(block(1));
      await catalog.read(late);
      await catalog.apply(block(2, 'f'), [bare(foreign('b'))]);
      await catalog.read(late);
      expect(await seen.counts()).toMatchObject({ instances: 0 });
      expect(catalog.projection.holder(keyOf('b'))).toMatchObject({ hidden: 'waiting' });
    });

    it('is read once more if an admin has released it while it was read', async () => {
      await catalog.apply(block(1), [{ ...announced(foreign('a')), reading: wrong('foreign-issuer') }]);
      await catalog.apply(block(2), [withdrawn('a')]);
      await catalog.apply(block(3), [bare(foreign('a'))]);
      const [row] = await catalog.waiting({ perSite: 1 });
      expect(row?.isReleased).toBe(false);
      await catalog.decide(row!.contentKey, { kind: 'released', by: 'admin' });
      await catalog.read([{ ...row!, reading: wrong('foreign-issuer') }]);
      expect((await catalog.waiting({ perSite: 9 })).map(({ isReleased }) => isReleased)).toEqual([true, true]);
      await readAll(catalog, ({ isReleased }) => (isReleased ? readingOf(foreign('a')) : undefined));
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(3), state: 'announced' });
    });

    it('keeps what was read below the block that it goes back to', async () => {
      await catalog.apply(block(1), [bare(foreign('a'))]);
      await catalog.apply(block(2), [bare(foreign('b', { series: 'two' }))]);
      await readAll(catalog, ({ imageId }) =>
        readingOf(foreign(imageId === keyOf('a') ? 'a' : 'b', imageId === keyOf('a') ? {} : { series: 'two' })),
      );
      await catalog.rollback(block(1));
      expect(await seen.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 1 });
      expect(catalog.projection.backlog()).toEqual({ waiting: 0, unverified: 0 });
    });
  });

  describe('a server that ends while it reads', () => {
    const reopened = async (name: string, of: Catalog): Promise<Catalog> => {
      await of.close();
      return open({ name });
    };

    it('tries once more, and then leaves it out, for a rebuild too, until an admin releases it', async () => {
      const changes = [bare(foreign('a')), bare(foreign('b'), 1)];
      let each = await open({ name: 'stops' });
      await each.apply(block(1), changes);
      const tries = async () => (await each.waiting({ perSite: 2 })).map((row) => [row.imageId, row.tries]);
      await each.begin(contentOf('a', 2));
      await each.begin(contentOf('b', 2));
      await each.abandon(contentOf('b', 2));
      each = await reopened('stops', each);
      expect(await tries()).toEqual([
        [keyOf('a'), 1],
        [keyOf('b'), 0],
      ]);
      await each.begin(contentOf('a', 2));
      each = await reopened('stops', each);
      expect(await tries()).toEqual([[keyOf('b'), 0]]);
      expect(each.projection.holder(keyOf('a'))).toMatchObject({ hidden: 'stopped-the-server' });
      await each.close();
      each = await open({ name: 'stops', site: { settings: 'others' } });
      expect(each.projection.cursor()).toBeUndefined();
      await each.apply(block(1), changes);
      expect(await tries()).toEqual([[keyOf('b'), 0]]);
      expect(await each.quarantined({ limit: 9 })).toMatchObject([
        { imageId: keyOf('a'), reason: 'stopped-the-server' },
      ]);
      expect(await each.decide(contentOf('a', 2), { kind: 'released', by: 'admin' })).toBe(true);
      expect(await each.waiting({ perSite: 1 })).toMatchObject([{ imageId: keyOf('a'), isReleased: true, tries: 0 }]);
      await readAll(each, () => readingOf(foreign('a')));
      expect(await each.seenBy('everything').instance(uidOf('a'))).toMatchObject({ isVerified: true });
      await each.close();
    });

    it('takes what it stopped at while it verified out of answers', async () => {
      let each = await open({ name: 'verifies' });
      await each.apply(block(1), [announced(foreign('a')), sealed('a', 1)]);
      await each.begin(contentOf('a', 2));
      await each.begin(contentOf('a', 2));
      each = await reopened('verifies', each);
      expect(await each.seenBy('everything').instance(uidOf('a'))).toBeUndefined();
      expect(await each.quarantined({ limit: 9 })).toMatchObject([
        { reason: 'stopped-the-server', SOPInstanceUID: uidOf('a'), state: 'sealed' },
      ]);
      await each.close();
    });

    it('is done with what was read or judged', async () => {
      let each = await open({ name: 'ends' });
      await each.apply(block(1), [bare(foreign('a')), bare(foreign('b'), 1)]);
      for (const named of ['a', 'b']) for (let times = 0; times < 2; times++) await each.begin(contentOf(named, 2));
      await readAll(each, ({ imageId }) => (imageId === keyOf('a') ? readingOf(foreign('a')) : wrong('unreadable')));
      each = await reopened('ends', each);
      expect(await each.quarantined({ limit: 9 })).toMatchObject([{ imageId: keyOf('b'), reason: 'unreadable' }]);
      await each.close();
    });
  });
}
