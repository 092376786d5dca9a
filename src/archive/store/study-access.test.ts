import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import type { Catalog } from '../../catalog/catalog.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { inFolder } from '../testing/parts.js';
import { OWN_SITE } from '../testing/event-maker.js';
import { createStudyAccess, type StoringCaller, type StudiesInFlight } from './study-access.js';

const study = '1.2.10';
const part = {
  StudyInstanceUID: study,
  SOPInstanceUID: `${study}.1`,
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
  PatientID: 'P-1',
  IssuerOfPatientID: 'north',
};
const nothing: StudiesInFlight = { has: () => false, of: () => undefined };
const by = (label: string): StoringCaller => ({ sees: { labels: [label] }, labels: [label], setBy: `key ${label}` });
const refused = { kind: 'refused', reason: 0x0124, SOPInstanceUID: part.SOPInstanceUID };

let catalog: Catalog;
let end: () => void;
let ended: Promise<void>;
beforeEach(
  () =>
    new Promise<void>((ready) => {
      ended = inFolder(async (folder) => {
        catalog = openTestCatalog({ file: path.join(folder, 'catalog') });
        await new Promise<void>((resolve) => {
          end = resolve;
          ready();
        });
        await catalog.close();
      });
    }),
);
afterEach(async () => {
  end();
  await ended;
});
const accessTo = (there?: string, siteId = OWN_SITE) => {
  const naming = { image: () => there && { siteId, StudyInstanceUID: there } };
  const ledger = { siteId: OWN_SITE };
  return createStudyAccess({ ledger, catalog, naming: naming as never });
};
const labels = async (): Promise<string[]> =>
  (await catalog.annotations.labels({ siteId: OWN_SITE, StudyInstanceUID: study })).map(({ label }) => label);

describe('createStudyAccess, admit', () => {
  it('gives a new study to the first of two who store into it at the same time', async () => {
    const access = accessTo();
    const admitted = await Promise.all([by('a'), by('b')].map((caller) => access.admit(caller, part, nothing)));
    expect(admitted).toEqual([undefined, expect.objectContaining(refused)]);
    expect(await labels()).toEqual(['a']);
    expect(await access.admit(by('a'), part, { ...nothing, has: () => true })).toBeUndefined();
  });

  it('refuses a study that is on its way without a label, and labels nothing', async () => {
    expect(await accessTo().admit(by('a'), part, { ...nothing, has: () => true })).toMatchObject(refused);
    expect(await labels()).toEqual([]);
  });

  it('refuses an instance that is in another study, or on its way there, if that one is not seen', async () => {
    expect(await accessTo('1.2.20').admit(by('a'), part, nothing)).toMatchObject(refused);
    expect(await accessTo().admit(by('a'), part, { ...nothing, of: () => '1.2.20' })).toMatchObject(refused);
    expect(await labels()).toEqual([]);
  });

  it('asks nobody about a study of another site that has the same instance UID', async () => {
    expect(await accessTo('1.2.20', 2).admit(by('a'), part, nothing)).toBeUndefined();
    expect(await labels()).toEqual(['a']);
  });

  it.each<[StoringCaller['sees'], boolean]>([
    ['everything', true],
    [{}, true],
    [{ labels: [] }, false],
    [{ labels: ['b'] }, false],
    [{ labels: ['a', 'b'] }, true],
    [{ studies: [study] }, true],
    [{ studies: ['1.2.1'] }, false],
    [{ patient: { PatientID: 'P-1' } }, true],
    [{ patient: { PatientID: 'P-2' } }, false],
    [{ patient: { PatientID: 'P-1', IssuerOfPatientID: 'north' } }, true],
    [{ patient: { PatientID: 'P-1', IssuerOfPatientID: 'south' } }, false],
    [{ labels: ['a'], studies: ['1.2.1'] }, false],
  ])('takes a new study of one who sees %j and sets the label a: %p', async (sees, isTaken) => {
    const outcome = await accessTo().admit({ sees, labels: ['a'], setBy: 'key' }, part, nothing);
    if (isTaken) expect(outcome).toBeUndefined();
    else expect(outcome).toMatchObject(refused);
    expect(await labels()).toEqual(isTaken ? ['a'] : []);
  });
});
