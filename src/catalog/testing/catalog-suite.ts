import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { Catalog, CatalogReader } from '../catalog.js';
import {
  announced,
  block,
  contentOf,
  CONTRACT,
  column,
  element,
  gathered,
  keyOf,
  query,
  retired,
  rowAt,
  type Sample,
  sealed,
  uidOf,
  withdrawn,
} from './records.js';

/** What every catalogue does with the life of instances. */
export function catalogSuite(open: () => Catalog | Promise<Catalog>): void {
  let catalog: Catalog;
  let seen: CatalogReader;
  beforeEach(async () => {
    catalog = await open();
    seen = catalog.seenBy('everything');
  });
  afterEach(() => catalog.close());
  const found = async () => column((await seen.search(query('instance'))).matches, '00080018');
  const study = { StudyInstanceUID: uidOf('study') };

  describe('apply', () => {
    it('starts without a cursor and then stands at the last block', async () => {
      expect(catalog.projection.cursor()).toBeUndefined();
      await catalog.apply(block(0), []);
      await catalog.apply(block(7), []);
      expect(catalog.projection.cursor()).toEqual({ number: 7n, hash: '0x7' });
      expect(catalog.projection.hashAt(0n)).toBe('0x0');
      expect(catalog.projection.hashAt(3n)).toBeUndefined();
    });

    it('keeps the hashes of the last 256 blocks', async () => {
      for (let number = 0; number < 256; number++) await catalog.apply(block(number), []);
      expect(catalog.projection.hashAt(0n)).toBe('0x0');
      await catalog.apply(block(256), []);
      expect(catalog.projection.hashAt(0n)).toBeUndefined();
      expect(catalog.projection.hashAt(1n)).toBe('0x1');
    });

    it('refuses a block that is not above the cursor, and changes nothing', async () => {
      await catalog.apply(block(5), []);
      await expect(catalog.apply(block(5), [announced({ name: 'a' })])).rejects.toThrow(LedgerError);
      expect((await seen.counts()).instances).toBe(0);
    });

    it('takes a block whole or not at all', async () => {
      const broken = announced({ name: 'b', record: { sha256: null as unknown as string } }, 1);
      await expect(catalog.apply(block(1), [announced({ name: 'a' }), broken])).rejects.toThrow(LedgerError);
      expect(catalog.projection.cursor()).toBeUndefined();
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      expect(column((await seen.search(query('study'))).matches, '00100020')).toEqual(['patient']);
    });

    it('shows an announced instance with all that was announced, and a sealed one as sealed', async () => {
      await catalog.apply(block(1), [announced({ name: 'a', record: { fileName: 'a.png', mediaType: 'image/png' } })]);
      expect(await seen.instance(uidOf('a'))).toEqual({
        id: rowAt(1),
        contract: CONTRACT,
        imageId: keyOf('a'),
        imageKey: keyOf('a'),
        ringId: undefined,
        studyKey: undefined,
        patientKey: keyOf('patient'),
        contentKey: contentOf('a'),
        siteId: 1,
        ...study,
        SeriesInstanceUID: uidOf('study-series'),
        SOPInstanceUID: uidOf('a'),
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
        transferSyntaxUID: '1.2.840.10008.1.2.1',
        mediaType: 'image/png',
        byteCount: 1000,
        sha256: 'ab'.repeat(32),
        fileName: 'a.png',
        instance: {
          '00080016': element('UI', '1.2.840.10008.5.1.4.1.1.2'),
          '00080018': element('UI', uidOf('a')),
        },
        state: 'announced',
        isVerified: true,
        isRetirementHeld: false,
        announcedAt: 1_700_000_001,
        announcedBlock: 1n,
        sealedAt: undefined,
        sealedBlock: undefined,
        retiredAt: undefined,
        retiredReason: undefined,
      });
      expect(await seen.preview(rowAt(1))).toEqual(Buffer.from('preview of a'));
      await catalog.apply(block(2), [sealed('a')]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'sealed', sealedBlock: 2n });
      expect(await seen.bodies(rowAt(1))).toEqual({
        contentKey: contentOf('a'),
        header: Buffer.from('header of a'),
        body: 'announced a',
        pages: 'pages of a',
      });
    });

    it('hides a retired instance from searches, but knows it', async () => {
      await catalog.apply(block(1), [
        announced({ name: 'a' }),
        sealed('a', 1),
        announced({ name: 'b' }, 2),
        sealed('b', 3),
      ]);
      await catalog.apply(block(2), [retired('a')]);
      expect(await found()).toEqual([uidOf('b')]);
      expect((await seen.instances(study)).map(({ SOPInstanceUID }) => SOPInstanceUID)).toEqual([uidOf('b')]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({
        state: 'retired',
        retiredReason: 'why a',
        retiredAt: 1_700_000_002,
      });
      expect(await seen.isGone({ ...study, SOPInstanceUID: uidOf('a') })).toBe(true);
      expect(await seen.isGone(study)).toBe(false);
      await catalog.apply(block(3), [retired('b')]);
      expect(await seen.isGone(study)).toBe(true);
      expect((await seen.search(query('study'))).matches).toEqual([]);
      expect(await seen.counts()).toEqual({ patients: 0, studies: 0, series: 0, instances: 0 });
    });

    it('forgets a withdrawn instance, and takes it again', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      await catalog.apply(block(2), [withdrawn('a')]);
      expect(await seen.instance(uidOf('a'))).toBeUndefined();
      expect(await seen.preview(rowAt(1))).toBeUndefined();
      expect(await seen.isGone(study)).toBe(false);
      await catalog.apply(block(3), [announced({ name: 'a', study: 'other' }), sealed('a', 1)]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'sealed', StudyInstanceUID: uidOf('other') });
      expect((await seen.counts()).studies).toBe(1);
    });

    it('lets another site take an announcement over in one block', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      await catalog.apply(block(9), [
        withdrawn('a'),
        announced({ name: 'a', image: { siteId: 2 } }, 1),
        sealed('a', 2),
      ]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ siteId: 2, announcedBlock: 9n, state: 'sealed' });
      expect((await seen.counts()).instances).toBe(1);
    });

    it('keeps one instance of an image ID: the first that is sealed', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      await catalog.apply(block(2), [announced({ name: 'a', image: { siteId: 2 } }), sealed('a', 1)]);
      await catalog.apply(block(3), [announced({ name: 'a', image: { siteId: 3 } }), sealed('a', 1)]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ siteId: 2, sealedBlock: 2n });
      expect((await seen.counts()).instances).toBe(1);
    });

    it('passes over events of instances that it does not have', async () => {
      await catalog.apply(block(1), [sealed('a'), withdrawn('b', 1), retired('c', 2)]);
      expect(catalog.projection.cursor()?.number).toBe(1n);
      expect((await seen.counts()).instances).toBe(0);
    });

    it('describes a study by its first instance that is there', async () => {
      const described = (text: string) => ({ '00081030': element('LO', text), '00080020': element('DA', '20200101') });
      const descriptions = async () => column((await seen.search(query('study'))).matches, '00081030');
      await catalog.apply(block(1), [announced({ name: 'a', studyAttributes: described('first') })]);
      await catalog.apply(block(2), [announced({ name: 'b', series: 'two', studyAttributes: described('second') })]);
      expect(await descriptions()).toEqual(['first']);
      await catalog.apply(block(3), [withdrawn('a')]);
      expect(await descriptions()).toEqual(['second']);
      await catalog.apply(block(4), [announced({ name: 'a', studyAttributes: described('third') })]);
      expect(await descriptions()).toEqual(['second']);
    });

    it('counts patients by issuer and PatientID', async () => {
      await catalog.apply(block(1), [
        announced({ name: 'a', study: 's', record: { issuer: 'hospital 1' } }),
        announced({ name: 'b', study: 't', record: { issuer: 'hospital 2' } }, 1),
      ]);
      expect(await seen.counts()).toEqual({ patients: 2, studies: 2, series: 2, instances: 2 });
      expect(column((await seen.search(query('patient'))).matches, '00100020')).toEqual(['patient', 'patient']);
    });
  });

  describe('rollback', () => {
    it('goes back to a block, with all that happened above it', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1), sealed('b', 2)]);
      await catalog.apply(block(2), [sealed('a'), retired('b', 1), announced({ name: 'c', study: 'new' }, 2)]);
      await catalog.rollback(block(1));
      expect(catalog.projection.cursor()).toEqual({ number: 1n, hash: '0x1' });
      expect(catalog.projection.hashAt(2n)).toBeUndefined();
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'announced' });
      expect(await seen.bodies(rowAt(1))).toMatchObject({ body: 'announced a', pages: undefined });
      expect(await seen.instance(uidOf('b'))).toMatchObject({ state: 'sealed', retiredReason: undefined });
      expect(await seen.instance(uidOf('c'))).toBeUndefined();
      expect(await seen.counts()).toEqual({ patients: 1, studies: 1, series: 1, instances: 2 });
    });

    it('brings a withdrawn announcement back', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      await catalog.apply(block(2), [withdrawn('a'), announced({ name: 'a', study: 'other' }, 1)]);
      await catalog.rollback(block(1));
      expect(await seen.instance(uidOf('a'))).toMatchObject(study);
      expect(await seen.preview(rowAt(1))).toEqual(Buffer.from('preview of a'));
    });

    it('goes back to a block that was left out because it was empty', async () => {
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      await catalog.apply(block(8), [sealed('a')]);
      await catalog.rollback(block(4));
      expect(catalog.projection.cursor()).toEqual({ number: 4n, hash: '0x4' });
      await catalog.apply(block(5, 'f'), [sealed('a')]);
      expect(await seen.instance(uidOf('a'))).toMatchObject({ state: 'sealed', sealedBlock: 5n });
    });
  });

  describe('reading', () => {
    const numbered = (of: string, series: string, SeriesNumber: number, InstanceNumber?: number): Sample => ({
      name: of,
      series,
      seriesAttributes: { '00200011': element('IS', SeriesNumber) },
      instanceAttributes: InstanceNumber === undefined ? {} : { '00200013': element('IS', InstanceNumber) },
    });
    const all = [
      numbered('a', 'ten', 10, 1),
      numbered('b', 'nine', 9, 10),
      numbered('c', 'nine', 9, 9),
      numbered('d', 'nine', 9),
    ];
    beforeEach(async () => {
      await catalog.apply(
        block(1),
        all.map((sample, index) => announced({ ...sample, record: { metadata: `"${sample.name}"` } }, index)),
      );
    });

    it('orders instances and metadata by numbers, those without one last', async () => {
      expect((await seen.instances(study)).map(({ SOPInstanceUID }) => SOPInstanceUID)).toEqual(
        ['c', 'b', 'd', 'a'].map(uidOf),
      );
      expect(await gathered(seen.metadata(study))).toEqual(['"c"', '"b"', '"d"', '"a"']);
      expect(await gathered(seen.metadata({ ...study, SeriesInstanceUID: uidOf('ten') }))).toEqual(['"a"']);
    });

    it('goes on with metadata while the catalogue is written to', async () => {
      const texts = seen.metadata(study)[Symbol.asyncIterator]();
      expect((await texts.next()).value).toBe('"c"');
      await catalog.apply(block(2), [announced({ name: 'e' }), sealed('a', 1)]);
      for (const text of ['"b"', '"d"', '"a"', undefined]) expect((await texts.next()).value).toBe(text);
    });

    it('finds nothing below resources that do not belong together', async () => {
      expect(await seen.instances({ StudyInstanceUID: uidOf('other') })).toEqual([]);
      expect(await seen.instances({ ...study, SeriesInstanceUID: uidOf('ten'), SOPInstanceUID: uidOf('b') })).toEqual(
        [],
      );
      expect(await seen.isGone({ StudyInstanceUID: uidOf('other') })).toBe(false);
    });

    it('names sealed instances in the order of the chain', async () => {
      await catalog.apply(block(2), [sealed('d'), sealed('a', 1), sealed('b', 2)]);
      await catalog.apply(block(3), [retired('b')]);
      expect(await gathered(seen.sealedSOPInstanceUIDs())).toEqual(['a', 'd'].map(uidOf));
    });

    it('lists the uploaded files of a patient, newest first, two of one name both', async () => {
      const file = (of: string, fileName: string, patient = 'p') =>
        announced({ name: of, patient, study: patient, record: { fileName, mediaType: 'image/jpeg' } });
      const files = [
        file('f1', 'x.jpg'),
        file('f2', 'x.jpg'),
        file('f3', 'y.jpg'),
        file('f4', 'x.jpg', 'P'),
        announced({ name: 'f5', patient: 'p', study: 'p', record: { fileName: undefined, mediaType: 'image/png' } }),
      ];
      await catalog.apply(
        block(2),
        files.map((change, logIndex) => ({ ...change, logIndex })),
      );
      await catalog.apply(block(3), [
        sealed('f1'),
        retired('f1', 1),
        announced({ name: 'g', patient: 'p', study: 'p' }, 2),
      ]);
      const names = async (images: ReturnType<CatalogReader['images']>) =>
        (await gathered(images)).map(({ SOPInstanceUID }) => SOPInstanceUID);
      expect(await names(seen.images('p'))).toEqual(['f5', 'f3', 'f2', 'f1'].map(uidOf));
      expect(await names(seen.images('p', 'x.jpg'))).toEqual(['f2', 'f1'].map(uidOf));
      expect((await gathered(seen.images('p', 'x.jpg'))).at(-1)?.state).toBe('retired');
      expect(await gathered(seen.images('p', 'X.jpg'))).toEqual([]);
      expect(await names(seen.images('p', uidOf('f5')))).toEqual([uidOf('f5')]);
    });
  });
}
