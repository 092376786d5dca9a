import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { Catalog } from '../catalog.js';
import type { Reading } from '../change.js';
import { readAll } from './late.js';
import { announced, bare, block, CONTRACT, contentOf, keyOf, retired, sealed, uidOf, withdrawn } from './records.js';

/** What every catalogue's projection says between blocks, and that a change of branch is one step of it. */
export function projectionSuite(open: () => Catalog | Promise<Catalog>): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open();
  });
  afterEach(() => catalog.close());
  const study = { StudyInstanceUID: uidOf('study') };

  describe('rollback to a block and on along another branch', () => {
    beforeEach(async () => {
      await catalog.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1)]);
      await catalog.apply(block(2), [sealed('a'), withdrawn('b', 1)]);
    });

    it('ends where the other branch ends', async () => {
      const other = [
        { block: block(2, 'f'), changes: [sealed('b'), announced({ name: 'c' }, 1)] },
        { block: block(3, 'f'), changes: [sealed('c')] },
      ];
      await catalog.rollback(block(1), other);
      expect(catalog.projection.cursor()).toEqual({ number: 3n, hash: '0xf3' });
      expect(catalog.projection.hashAt(2n)).toBe('0xf2');
      const states = ['a', 'b', 'c'].map((of) => catalog.projection.image(keyOf(of))?.state);
      expect(states).toEqual(['announced', 'sealed', 'sealed']);
    });

    it('changes nothing when a block of the other branch cannot be applied', async () => {
      const broken = announced({ name: 'c', record: { sha256: null as unknown as string } });
      await expect(catalog.rollback(block(1), [{ block: block(2, 'f'), changes: [broken] }])).rejects.toThrow(
        LedgerError,
      );
      expect(catalog.projection.cursor()).toEqual({ number: 2n, hash: '0x2' });
      expect(catalog.projection.image(keyOf('a'))?.state).toBe('sealed');
      expect(catalog.projection.image(keyOf('b'))).toBeUndefined();
    });
  });

  describe('projection', () => {
    it('says how far an image is, and what it is to be compared by', async () => {
      expect(catalog.projection.image(keyOf('a'))).toBeUndefined();
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      const image = {
        siteId: 1,
        isVerified: true,
        ...study,
        SeriesInstanceUID: uidOf('study-series'),
        SOPInstanceUID: uidOf('a'),
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
        transferSyntaxUID: '1.2.840.10008.1.2.1',
        mediaType: 'application/dicom',
        sha256: 'ab'.repeat(32),
        dataSetSha256: 'cd'.repeat(32),
        contentKey: contentOf('a'),
      };
      expect(catalog.projection.image(keyOf('a'))).toEqual({ ...image, state: 'announced', sealedBlock: undefined });
      await catalog.apply(block(2), [sealed('a')]);
      expect(catalog.projection.image(keyOf('a'))).toEqual({ ...image, state: 'sealed', sealedBlock: 2n });
      await catalog.apply(block(3), [retired('a')]);
      expect(catalog.projection.image(keyOf('a'))).toEqual({ ...image, state: 'retired', sealedBlock: 2n });
    });

    it('says who holds a key, whether or not it was read', async () => {
      expect(catalog.projection.holder(keyOf('a'))).toBeUndefined();
      await catalog.apply(block(1), [bare({ name: 'a', image: { siteId: 2 } })]);
      const holder = { siteId: 2, state: 'announced', hidden: 'waiting' };
      expect(catalog.projection.holder(keyOf('a'))).toEqual(holder);
      expect(catalog.projection.image(keyOf('a'))).toBeUndefined();
      expect(catalog.projection.backlog()).toEqual({ waiting: 1, unverified: 0 });
      await catalog.apply(block(2), [sealed('a')]);
      expect(catalog.projection.holder(keyOf('a'))).toEqual({ ...holder, state: 'sealed' });
      const [row] = await catalog.waiting({ perSite: 1 });
      const { reading } = announced({ name: 'a' });
      await catalog.read([{ ...row!, reading: reading as Late }]);
      expect(catalog.projection.holder(keyOf('a'))).toEqual({ siteId: 2, state: 'sealed', hidden: undefined });
      expect(catalog.projection.image(keyOf('a'))).toMatchObject({ siteId: 2, state: 'sealed', isVerified: false });
      expect(catalog.projection.backlog()).toMatchObject({ waiting: 0, unverified: 1 });
    });

    it('finds an image of this site by its UID, at whatever contract, also one that is kept from answers', async () => {
      const own = (SOPInstanceUID: string) => catalog.projection.own(SOPInstanceUID);
      const sample = { name: 'a', image: { contract: '0xc2', imageId: keyOf('at 2') } };
      await catalog.apply(block(1), [announced({ name: 'a', image: { siteId: 2 } }), bare(sample, 1)]);
      expect(own(uidOf('a'))).toBeUndefined();
      await readAll(catalog, () => announced(sample).reading as Late);
      const { contentKey } = announced(sample).image;
      const image = { siteId: 1, contract: '0xc2', imageId: keyOf('at 2'), SOPInstanceUID: uidOf('a'), contentKey };
      expect(own(uidOf('a'))).toMatchObject({ ...image, state: 'announced', hidden: undefined });
      await catalog.judge(contentKey, { reason: 'bytes', detail: 'why' });
      expect(own(uidOf('a'))).toMatchObject({ ...image, hidden: 'bytes' });
      // What is in answers comes before what is not.
      const again = { name: 'a', image: { imageId: keyOf('again'), contentKey: 'again' } };
      await catalog.apply(block(2), [announced(again)]);
      expect(own(uidOf('a'))).toMatchObject({ imageId: keyOf('again'), contract: CONTRACT, hidden: undefined });
      const { contract, imageId } = announced(again);
      await catalog.apply(block(3), [{ ...withdrawn('a'), contract, imageId }]);
      expect(own(uidOf('a'))).toMatchObject({ ...image, hidden: 'bytes' });
    });
  });
}

type Late = Exclude<Reading, { kind: 'waiting' }>;
