import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import type { Change } from '../change.js';
import type { LockedImage, LockedStudy } from '../ring-queries.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, block, CONTRACT, keyOf, retired, type Sample, sealed, uidOf, withdrawn } from './records.js';

const RING = '0xa1';
const sample = (of: string, studyKey: string, { siteId = 2, ringId = RING, study = studyKey } = {}): Sample => ({
  ...{ name: of, study },
  image: { siteId, imageKey: `key of ${of}`, ringId, studyKey },
});
const locked = (each: Sample, logIndex = 0): Change => ({ ...announced(each, logIndex), reading: { kind: 'locked' } });
const lockedStudy = (of: string, studyKey: string, announcedBlock: bigint): LockedStudy => ({
  contract: CONTRACT,
  ...{ imageId: keyOf(of), imageKey: `key of ${of}`, studyKey, announcedBlock },
  announcedBodies: `bodies of ${of}`,
});

/** Of site 2, all but one of them without a key. */
const OF_TWO_RINGS = [
  locked(sample('a', '30')),
  locked(sample('b', '4'), 1),
  locked(sample('c', '30'), 2),
  announced(sample('d', '5'), 3),
  locked(sample('e', '6', { ringId: '0xa2' }), 4),
];

/** What every catalogue answers to those who share rings. */
export function ringSuite(open: OpenForSuite): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open();
  });
  afterEach(() => catalog.close());

  describe('announcedUnder', () => {
    beforeEach(async () => {
      await catalog.apply(block(1), [...OF_TWO_RINGS, locked(sample('f', '6', { siteId: 3 }), 5)]);
      await catalog.apply(block(2), [locked(sample('g', '29'))]);
    });

    it('gives the first announcement of each study key that there is no key for', async () => {
      expect(await catalog.announcedUnder({ siteId: 2, ringId: RING }, { limit: 9 })).toEqual([
        lockedStudy('g', '29', 2n),
        lockedStudy('a', '30', 1n),
        lockedStudy('b', '4', 1n),
      ]);
      await catalog.unlock({ siteId: 2, ringId: RING, studyKey: '29' });
      const left = await catalog.announcedUnder({ siteId: 2, ringId: RING }, { limit: 9 });
      expect(left.map(({ studyKey }) => studyKey)).toEqual(['30', '4']);
    });

    it('gives as many as are wanted, and goes on behind the last', async () => {
      const ring = { siteId: 2, ringId: RING };
      const [first] = await catalog.announcedUnder(ring, { limit: 1 });
      expect(first?.studyKey).toBe('29');
      const rest = await catalog.announcedUnder(ring, { limit: 2, after: '29' });
      expect(rest.map(({ studyKey }) => studyKey)).toEqual(['30', '4']);
      expect(await catalog.announcedUnder(ring, { limit: 2, after: '4' })).toEqual([]);
      expect(await catalog.announcedUnder({ siteId: 2, ringId: '0xa3' }, { limit: 9 })).toEqual([]);
    });
  });

  describe('lockedImages', () => {
    beforeEach(async () => {
      await catalog.apply(block(1), [
        ...OF_TWO_RINGS,
        locked(sample('f', '6', { siteId: 1 }), 5),
        locked(sample('g', '7'), 6),
        locked(sample('h', '8'), 7),
        locked(sample('w', '9'), 8),
      ]);
      await catalog.apply(block(2), [
        ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((one, i) => sealed(one, i)),
        retired('g', 8, true),
        withdrawn('w', 9),
      ]);
    });
    const named = async (options: Parameters<Catalog['lockedImages']>[0]): Promise<string[]> =>
      (await catalog.lockedImages(options)).map(({ imageId }) => imageId);

    it('gives what the chain says of each that is sealed and not retired, by site, ring and study key', async () => {
      expect(await named({ limit: 9 })).toEqual(['f', 'a', 'c', 'b', 'e'].map(keyOf));
      const [, first] = await catalog.lockedImages({ limit: 2 });
      const wanted: LockedImage = {
        ...{ siteId: 2, ringId: RING, studyKey: '30', id: first!.id },
        ...{ contract: CONTRACT, imageId: keyOf('a'), body: 'announced a', announcedBodies: 'bodies of a' },
        ...{ pages: 'pages of a', announcedBlock: 1n, sealedBlock: 2n },
      };
      expect(first).toEqual(wanted);
      await catalog.unlock({ siteId: 2, ringId: RING });
      expect(await named({ limit: 9 })).toEqual(['f', 'e'].map(keyOf));
    });

    it('goes on behind the last', async () => {
      const [, after] = await catalog.lockedImages({ limit: 2 });
      expect(await named({ limit: 2, after: after! })).toEqual(['c', 'b'].map(keyOf));
      const [last] = (await catalog.lockedImages({ limit: 9 })).slice(-1);
      expect(await named({ limit: 9, after: last! })).toEqual([]);
    });

    it('gives one by its image ID, also when it was retired', async () => {
      expect(await catalog.lockedImage(keyOf('g'))).toMatchObject({ imageId: keyOf('g'), siteId: 2 });
      for (const other of ['d', 'h', 'w', 'unknown']) expect(await catalog.lockedImage(keyOf(other))).toBeUndefined();
    });
  });

  describe('ringsOfStudy', () => {
    it('names the rings and study keys of this site’s images that are in answers', async () => {
      const own = { siteId: 1, study: 's' };
      await catalog.apply(block(1), [
        announced(sample('a', '9', { ...own, ringId: '0xb2' })),
        announced(sample('b', '1', { ...own, ringId: '0xb1' }), 1),
        announced(sample('c', '1', { ...own, ringId: '0xb1' }), 2),
        announced(sample('d', '2', { ...own, siteId: 2 }), 3),
        announced(sample('e', '3', { siteId: 1 }), 4),
        announced(sample('f', '5', own), 5),
        announced(sample('g', '6', own), 6),
        announced({ name: 'h', study: 's' }, 7),
      ]);
      await catalog.apply(block(2), [withdrawn('f'), sealed('g', 1), retired('g', 2, true)]);
      expect(await catalog.ringsOfStudy(uidOf('s'))).toEqual([
        { ringId: '0xb2', studyKey: '9' },
        { ringId: '0xb1', studyKey: '1' },
      ]);
      expect(await catalog.ringsOfStudy(uidOf('unknown'))).toEqual([]);
    });
  });

  describe('studiesOf', () => {
    it('names the studies of a site’s study keys as far as they were read', async () => {
      await catalog.apply(block(1), [
        announced(sample('a', '1', { study: 's' })),
        announced(sample('b', '1', { study: 'false' }), 1),
        announced(sample('c', '2', { study: 't' }), 2),
        announced(sample('d', '1', { study: 'u', siteId: 3 }), 3),
        locked(sample('e', '4'), 4),
      ]);
      const studies = await catalog.studiesOf(2, ['1', '2', '3', '4']);
      expect([...studies]).toEqual([
        ['1', uidOf('s')],
        ['2', uidOf('t')],
      ]);
    });
  });
}
