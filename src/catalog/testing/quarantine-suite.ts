import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Query } from '../query.js';
import { foreign, readAll, readingOf, wrong } from './late.js';
import type { OpenForSuite } from './open-for-suite.js';
import {
  announced,
  bare,
  block,
  column,
  contentOf,
  key,
  keyOf,
  query,
  retired,
  rowAt,
  type Sample,
  sealed,
  uidOf,
  withdrawn,
} from './records.js';

/** What every catalogue does with what was found wrong, and with what is not verified. */
export function quarantineSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());
  const content = (of: string) => contentOf(of, 2);
  const released = { kind: 'released', by: 'admin' } as const;
  const refused = { kind: 'refused', by: 'admin' } as const;
  const reasons = async (options: Partial<Parameters<Catalog['quarantined']>[0]> = {}) =>
    (await catalog.quarantined({ limit: 9, ...options })).map(({ imageId, reason }) => [imageId, reason]);

  describe('quarantine', () => {
    it('keeps what was found wrong out of answers, whether at once or late, and says why', async () => {
      await catalog.apply(block(1), [
        { ...announced(foreign('a')), reading: wrong('image-key') },
        bare(foreign('b'), 1),
        announced(foreign('c'), 2),
      ]);
      await readAll(catalog, () => wrong('patient-key'));
      expect((await seen.counts()).instances).toBe(1);
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      expect(await catalog.quarantined({ limit: 9 })).toEqual([
        {
          id: rowAt(1, 1),
          siteId: 2,
          contract: '0xc1',
          imageId: keyOf('b'),
          contentKey: content('b'),
          reason: 'patient-key',
          detail: 'because of patient-key',
          state: 'announced',
          announcedAt: 1_700_000_001,
          StudyInstanceUID: undefined,
          SOPInstanceUID: undefined,
          isRefused: false,
        },
        expect.objectContaining({ imageId: keyOf('a'), reason: 'image-key' }),
      ]);
      expect(catalog.projection.holder(keyOf('a'))).toEqual({ siteId: 2, state: 'announced', hidden: 'image-key' });
      expect(await catalog.faults()).toEqual({ quarantined: 2, conflicts: 0, heldRetirements: 0, mixedStudies: 0 });
      expect(await catalog.waiting({ perSite: 9 })).toEqual([]);
    });

    it('gives pages, newest first, and those of one site', async () => {
      const of = (siteId: number) => (each: string, index: number) => ({
        ...announced({ name: each, image: { siteId } }, siteId * 10 + index),
        reading: wrong('preview'),
      });
      await catalog.apply(block(1), [...['a', 'b'].map(of(2)), ...['c', 'd'].map(of(3))]);
      const names = async (options: Parameters<Catalog['quarantined']>[0]) =>
        (await catalog.quarantined(options)).map(({ imageId }) => imageId);
      expect(await names({ limit: 3 })).toEqual(['d', 'c', 'b'].map(keyOf));
      expect(await names({ limit: 3, before: rowAt(1, 21) })).toEqual([keyOf('a')]);
      expect(await names({ limit: 3, siteId: 2 })).toEqual(['b', 'a'].map(keyOf));
      expect(await names({ limit: 3, siteId: 9 })).toEqual([]);
    });

    it('says what became of it meanwhile, and does not alarm for what was withdrawn', async () => {
      await catalog.apply(
        block(1),
        ['a', 'b', 'c'].map((of, index) => ({ ...announced(foreign(of), index), reading: wrong('preview') })),
      );
      await catalog.apply(block(2), [withdrawn('a'), sealed('b', 1), sealed('c', 2), retired('c', 3)]);
      const states = (await catalog.quarantined({ limit: 9 })).map(({ state }) => state);
      expect(states).toEqual(['retired', 'sealed', 'withdrawn']);
      expect((await catalog.faults()).quarantined).toBe(2);
    });

    it('reads again what an admin releases, and takes it in for verified', async () => {
      await catalog.apply(block(1), [bare(foreign('a')), sealed('a', 1)]);
      await readAll(catalog, () => wrong('preview'));
      expect(await catalog.decide(content('a'), released)).toBe(true);
      expect(await reasons()).toEqual([]);
      expect(await catalog.waiting({ perSite: 1 })).toMatchObject([{ imageId: keyOf('a'), isReleased: true }]);
      await readAll(catalog, () => readingOf(foreign('a')));
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'sealed', isVerified: true });
      expect(await catalog.decide(content('a'), refused)).toBe(false);
    });

    it('keeps what an admin refuses, also when it could be read later, and does not alarm for it', async () => {
      const name = 'refuses';
      const first = await open({ name });
      await first.apply(block(1), [bare(foreign('a'))]);
      await readAll(first, () => wrong('too-large'));
      expect(await first.decide(content('a'), refused)).toBe(true);
      expect(await first.quarantined({ limit: 9 })).toMatchObject([{ isRefused: true, reason: 'too-large' }]);
      expect((await first.faults()).quarantined).toBe(0);
      await first.close();
      const later = await open({ name, site: { settings: 'with larger headers' } });
      await later.apply(block(1), [bare(foreign('a'))]);
      await readAll(later, () => readingOf(foreign('a')));
      expect(await later.seenBy('everything').instance(uidOf('a'))).toBeUndefined();
      expect(await later.quarantined({ limit: 9 })).toMatchObject([
        { isRefused: true, reason: 'too-large', StudyInstanceUID: uidOf('study'), SOPInstanceUID: uidOf('a') },
      ]);
      expect(await later.decide(content('a'), released)).toBe(true);
      expect(await later.seenBy('everything').instance(uidOf('a'))).toMatchObject({ isVerified: true });
      await later.close();
    });

    it('keeps what was refused, with its reason, whatever a verification comes to that was under way', async () => {
      await catalog.apply(block(1), [announced(foreign('a')), sealed('a', 1)]);
      await catalog.judge(content('a'), { reason: 'bytes', detail: 'why' });
      await catalog.decide(content('a'), refused);
      await catalog.judge(content('a'), undefined);
      expect(await catalog.quarantined({ limit: 9 })).toMatchObject([
        { reason: 'bytes', detail: 'why', isRefused: true },
      ]);
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
    });

    it('decides nothing of what is not in quarantine', async () => {
      await catalog.apply(block(1), [announced(foreign('a')), bare(foreign('b'), 1)]);
      for (const each of ['a', 'b', 'none']) expect(await catalog.decide(content(each), refused)).toBe(false);
      expect((await seen.counts()).instances).toBe(1);
    });

    it('shows the next of a UID while the first is kept out, and the first again when it is released', async () => {
      const other = foreign('x', { record: { SOPInstanceUID: uidOf('a') }, series: 'other' });
      await catalog.apply(block(1), [announced(foreign('a')), announced(other, 1)]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(1) });
      expect((await seen.counts()).instances).toBe(1);
      await catalog.judge(content('a'), { reason: 'bytes', detail: 'why' });
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(1, 1) });
      await catalog.decide(content('a'), released);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(1) });
      expect((await seen.counts()).instances).toBe(1);
    });
  });

  describe('verification', () => {
    const availability = async (level: Query['level'], match: Query['match'] = []) =>
      column((await seen.search(query(level, { match }))).matches, '00080056');

    it('says NEARLINE of what is sealed and not verified, ONLINE of the rest', async () => {
      const own: Sample = {
        name: 'own',
        study: 'own',
        studyAttributes: { '00080020': { vr: 'DA', Value: ['20240101'] } },
      };
      await catalog.apply(block(1), [
        announced(own),
        announced(foreign('a'), 1),
        announced(foreign('b', { series: 'two' }), 2),
      ]);
      await catalog.apply(block(2), [sealed('own'), sealed('a', 1)]);
      expect(await availability('study')).toEqual(['ONLINE', 'UNAVAILABLE']);
      expect((await availability('series')).sort()).toEqual(['NEARLINE', 'ONLINE', 'UNAVAILABLE']);
      expect((await availability('instance')).sort()).toEqual(['NEARLINE', 'ONLINE', 'UNAVAILABLE']);
      await catalog.apply(block(3), [sealed('b')]);
      expect(await availability('study')).toEqual(['ONLINE', 'NEARLINE']);
      expect(await availability('study', [key('00080056', 'CS', 'NEARLINE')])).toEqual(['NEARLINE']);
      await catalog.judge(content('a'), undefined);
      expect(await availability('study')).toEqual(['ONLINE', 'NEARLINE']);
      await catalog.judge(content('b'), undefined);
      expect(await availability('study')).toEqual(['ONLINE', 'ONLINE']);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ isVerified: true });
    });

    it('names what is sealed and not verified, of each site the oldest', async () => {
      const of = (siteId: number, ...names: string[]) =>
        names.flatMap((each, index) => [
          announced({ name: each, image: { siteId } }, siteId * 10 + index),
          sealed(each, siteId * 10 + 5 + index),
        ]);
      const changes = [...of(1, 'o'), ...of(2, 'a', 'b', 'c'), ...of(3, 'd')].sort((x, y) => x.logIndex - y.logIndex);
      await catalog.apply(block(1), [...changes, announced(foreign('not sealed'), 99)]);
      const names = async (options: Parameters<Catalog['unverified']>[0]) =>
        (await catalog.unverified(options)).map(({ imageId }) => imageId);
      expect(catalog.projection.backlog()).toMatchObject({ waiting: 0, unverified: 4 });
      expect(await names({ perSite: 2 })).toEqual(['a', 'b', 'd'].map(keyOf));
      expect(await names({ perSite: 2, except: [rowAt(1, 20)] })).toEqual(['b', 'c', 'd'].map(keyOf));
      await catalog.judge(content('a'), undefined);
      await catalog.judge(content('b'), { reason: 'bytes', detail: 'why' });
      expect(await names({ perSite: 2 })).toEqual(['c', 'd'].map(keyOf));
      expect(catalog.projection.backlog()).toMatchObject({ waiting: 0, unverified: 2 });
    });

    it('knows since when the oldest is sealed that nobody has verified, by the clock of the chain', async () => {
      const since = () => catalog.projection.backlog().unverifiedSince;
      const by = (siteId: number, name: string, logIndex: number) => announced({ name, image: { siteId } }, logIndex);
      await catalog.apply(block(1), [by(2, 'a', 0), by(2, 'b', 1), by(3, 'c', 2), by(1, 'own', 3)]);
      await catalog.apply(block(5), [sealed('own')]);
      expect(since()).toBeUndefined();
      await catalog.apply(block(10), [sealed('c')]);
      await catalog.apply(block(20), [sealed('b')]);
      await catalog.apply(block(30), [sealed('a')]);
      expect(since()).toBe(block(10).timestamp);
      await catalog.judge(contentOf('c', 3), undefined);
      expect(since()).toBe(block(20).timestamp);
      await catalog.judge(content('b'), { reason: 'bytes', detail: 'why' });
      expect(since()).toBe(block(30).timestamp);
      await catalog.judge(content('a'), undefined);
      expect(since()).toBeUndefined();
    });

    it('puts what fails into quarantine with what was read of it, and remembers that on whatever branch it comes again', async () => {
      await catalog.apply(block(1), []);
      await catalog.apply(block(2), [announced(foreign('a')), sealed('a', 1)]);
      await catalog.judge(content('a'), { reason: 'picture', detail: 'why' });
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      expect(await seen.bodies(rowAt(2))).toBeUndefined();
      expect(await seen.counts()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0 });
      expect(await catalog.quarantined({ limit: 9 })).toMatchObject([
        {
          reason: 'picture',
          detail: 'why',
          state: 'sealed',
          StudyInstanceUID: uidOf('study'),
          SOPInstanceUID: uidOf('a'),
        },
      ]);
      await catalog.rollback(block(1), [{ block: block(2, 'f'), changes: [bare(foreign('a'), 3)] }]);
      expect(catalog.projection.holder(keyOf('a'))).toMatchObject({ hidden: 'waiting' });
      await readAll(catalog, () => readingOf(foreign('a')));
      expect(await reasons()).toEqual([[keyOf('a'), 'picture']]);
      expect(await catalog.decide(content('a'), released)).toBe(true);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ id: rowAt(2, 3), isVerified: true });
    });

    it('knows a content before it is announced', async () => {
      await catalog.judge(content('a'), { reason: 'bytes', detail: 'why' });
      await catalog.judge(content('b'), undefined);
      await catalog.apply(block(1), [announced(foreign('a')), announced(foreign('b', { study: 'other' }), 1)]);
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      expect(await seen.instance(uidOf('b'))).toMatchObject({ isVerified: true });
    });
  });
}
