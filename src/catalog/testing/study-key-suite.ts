import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import { readAll, readingOf } from './late.js';
import { listed } from './listed.js';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, bare, block, contentOf, keyOf, type Sample, uidOf, withdrawn } from './records.js';

const names = ['a', 'b', 'c'];
const sample = (of: string, rest: Partial<Sample> = {}, studyKey = '7'): Sample => ({
  name: of,
  ...rest,
  image: { siteId: 2, ringId: '0xa1', studyKey },
});

/** What every catalogue does with study keys of release 2: within a site each is of one study and one patient. */
export function studyKeySuite(open: OpenForSuite): void {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = await open();
  });
  afterEach(() => catalog.close());
  const there = () => listed(catalog, names);
  const wrong = async () => (await catalog.quarantined({ limit: 9 })).map(({ imageId, reason }) => [imageId, reason]);

  describe('a study key', () => {
    it('is that of the first study and patient that were announced under it', async () => {
      await catalog.apply(block(1), [
        announced(sample('a')),
        announced(sample('b', { study: 'other' }), 1),
        announced(sample('c', { patient: 'other' }), 2),
      ]);
      expect(await there()).toBe('a');
      expect(await wrong()).toEqual([
        [keyOf('c'), 'study-key'],
        [keyOf('b'), 'study-key'],
      ]);
      expect(await catalog.quarantined({ limit: 1 })).toMatchObject([
        { detail: 'Its study key is that of another study, or of another patient.', SOPInstanceUID: uidOf('c') },
      ]);
      expect(catalog.projection.holder(keyOf('b'))).toMatchObject({ hidden: 'study-key' });
      // Also when the first was withdrawn.
      await catalog.apply(block(2), [withdrawn('a')]);
      expect(await there()).toBe('');
    });

    it('tells issuers apart, and of patients without an ID none but those of one study', async () => {
      const nobody = { studyAttributes: { '00100020': { vr: 'LO' } } };
      await catalog.apply(block(1), [
        announced(sample('a', nobody)),
        announced(sample('b', { ...nobody, record: { issuer: 'I' } }), 1),
        announced(sample('c'), 2),
      ]);
      expect(await there()).toBe('ab');
      await catalog.rollback(block(0), [
        {
          block: block(1, 'f'),
          changes: [announced(sample('a', { record: { issuer: 'I' } })), announced(sample('b', {}), 1)],
        },
      ]);
      expect(await there()).toBe('a');
    });

    it('of another site, another one of the same, and any of release 1 are not held against it', async () => {
      await catalog.apply(block(1), [
        announced(sample('a')),
        announced({ ...sample('b', { study: 'other' }), image: { siteId: 3, ringId: '0xa1', studyKey: '7' } }, 1),
        announced(sample('c', { study: 'third' }, '8'), 2),
      ]);
      expect(await there()).toBe('abc');
    });

    it('goes by positions, also when the first is read last', async () => {
      const samples = [sample('a', { study: 'first' }), sample('b'), sample('c')];
      const reading = (...of: string[]) =>
        readAll(catalog, ({ imageId }) => {
          const found = samples.find((each) => of.includes(each.name) && keyOf(each.name) === imageId);
          return found && readingOf(found);
        });
      await catalog.apply(block(1), samples.map(bare));
      await reading('b', 'c');
      expect(await there()).toBe('bc');
      expect((await catalog.seenBy('everything').counts()).instances).toBe(2);
      await reading('a');
      expect(await there()).toBe('a');
      expect(await catalog.seenBy('everything').counts()).toMatchObject({ studies: 1, instances: 1 });
      await catalog.rollback(block(0), [{ block: block(1, 'f'), changes: samples.slice(1).map(announcedAt) }]);
      expect(await there()).toBe('bc');
    });
    const announcedAt = (each: Sample, logIndex: number) => announced(each, logIndex);

    it('is no reason any more for what an admin has released', async () => {
      await catalog.apply(block(1), [announced(sample('a')), announced(sample('b', { study: 'other' }), 1)]);
      const contentKey = contentOf('b', 2);
      expect(await catalog.decide(contentKey, { kind: 'refused', by: 'admin' })).toBe(true);
      expect([await there(), (await catalog.faults()).quarantined]).toEqual(['a', 0]);
      expect(await catalog.decide(contentKey, { kind: 'released', by: 'admin' })).toBe(true);
      expect([await there(), (await catalog.faults()).quarantined]).toEqual(['ab', 0]);
    });

    it('says nothing of who the patient is: one may have several numbers, and several may have one', async () => {
      const numbered = (of: string, patient: string, patientKey: string, studyKey: string) =>
        announced({ name: of, study: of, patient, image: { siteId: 2, ringId: '0xa1', studyKey, patientKey } });
      await catalog.apply(block(1), [numbered('a', 'p', '1', '1')]);
      await catalog.apply(block(2), [numbered('b', 'p', '2', '2')]);
      await catalog.apply(block(3), [numbered('c', 'q', '1', '3')]);
      expect(await catalog.seenBy('everything').counts()).toMatchObject({ patients: 2, studies: 3 });
      expect(await catalog.seenBy('everything').instance(uidOf('b'))).toMatchObject({ patientKey: '2', studyKey: '2' });
    });
  });
}
