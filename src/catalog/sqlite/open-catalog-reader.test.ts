import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog } from '../catalog.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, column, element, key, query, retired, sealed, uidOf } from '../testing/records.js';
import { openCatalogReader, type SharedCatalog } from './open-catalog-reader.js';

const COUNT = 1000;
const InstanceNumber = '00200013';
const site = { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 100, settings: '' };
const sample = (number: number) => ({
  name: `i${number}`,
  study: 'study',
  instanceAttributes: { [InstanceNumber]: element('IS', number) },
});
const ofStudy = query('instance', { StudyInstanceUID: uidOf('study'), limit: 5000 });

describe('openCatalogReader', () => {
  let folder: string;
  let written: Catalog;
  let reader: SharedCatalog;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-catalog-'));
    const files = {
      file: path.join(folder, 'catalog.sqlite'),
      annotationsFile: path.join(folder, 'annotations.sqlite'),
    };
    written = openTestCatalog(files);
    reader = openCatalogReader({ ...files, site, siteName: (siteId) => `Site ${siteId}` });
  });
  afterEach(async () => {
    reader.close();
    await written.close();
    rmSync(folder, { recursive: true });
  });
  const remaining = async (): Promise<number> =>
    (await reader.seenBy('everything').search(query('instance', { limit: 1 }))).remaining;

  it('answers as of the last that the other connection has written', async () => {
    const seen = reader.seenBy('everything');
    expect(await seen.instance(uidOf('a'))).toBeUndefined();
    await written.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1), announced({ name: 'c' }, 2)]);
    expect((await seen.instance(uidOf('a')))?.state).toBe('announced');
    expect(await remaining()).toBe(2);
    await written.apply(block(2), [sealed('a')]);
    expect((await seen.instance(uidOf('a')))?.state).toBe('sealed');
    await written.apply(block(3), [retired('a')]);
    expect((await seen.instance(uidOf('a')))?.state).toBe('retired');
    expect(await remaining()).toBe(1);
    await written.rollback(block(2));
    expect((await seen.instance(uidOf('a')))?.state).toBe('sealed');
    expect(await remaining()).toBe(2);
  });

  it('shows what a label lets somebody see as soon as it is set, and no longer than it is', async () => {
    await written.apply(block(1), [announced({ name: 'a', study: 'x' }), announced({ name: 'b', study: 'y' }, 1)]);
    const seen = reader.seenBy({ labels: ['trial'] });
    const count = async () => [(await seen.search(query('study'))).matches.length, (await seen.counts()).studies];
    expect(await count()).toEqual([0, 0]);
    const study = { siteId: 1, StudyInstanceUID: uidOf('x') };
    await written.annotations.addLabels({ ...study, labels: ['trial'], setBy: 'somebody' });
    expect(await count()).toEqual([1, 1]);
    await written.annotations.removeLabel(study, 'trial');
    expect(await count()).toEqual([0, 0]);
  });

  it('finds by an attribute that was not there when it was opened', async () => {
    expect((await reader.seenBy('everything').search(query('series'))).matches).toEqual([]);
    await written.apply(block(1), [announced({ name: 'a', seriesAttributes: { '00081090': element('LO', 'XY-1') } })]);
    const [match] = (
      await reader.seenBy('everything').search(query('series', { match: [key('00081090', 'LO', 'XY-1')] }))
    ).matches;
    expect(match?.['0020000E']?.Value).toEqual([uidOf('study-series')]);
  });

  it('sees one state of the catalogue in a step, and begins a search anew that a reorganisation has come between', async () => {
    await written.apply(block(1), [announced({ ...sample(0), study: 'other' })]);
    await written.apply(
      block(2),
      Array.from({ length: COUNT }, (_, index) => announced(sample(index + 1), index)),
    );
    const whole = await reader.seenBy('everything').search(ofStudy);
    expect(column(whole.matches, InstanceNumber)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    const searching = reader.seenBy('everything').search(ofStudy);
    await written.rollback(block(1), [
      {
        block: { ...block(2, 'other') },
        changes: [announced(sample(5)), announced({ ...sample(7), study: 'hidden' }, 1)],
      },
    ]);
    expect(column((await searching).matches, InstanceNumber)).toEqual([5]);
  });
});
