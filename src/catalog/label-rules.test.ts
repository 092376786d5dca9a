import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LabelRule, labelsByRules, readLabelRules } from './label-rules.js';

const facts = {
  Modality: 'MR',
  BodyPartExamined: 'KNEE',
  IssuerOfPatientID: '',
  InstitutionName: 'North',
  siteId: '2',
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-rules-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (rules: unknown): Promise<LabelRule[]> => {
  const file = path.join(folder, 'rules.json');
  await writeFile(file, typeof rules === 'string' ? rules : JSON.stringify(rules));
  return readLabelRules(file);
};

describe('labelsByRules', () => {
  it.each<[LabelRule['when'], boolean]>([
    [{ Modality: ['MR'] }, true],
    [{ Modality: ['CT', 'MR'], siteId: ['2'] }, true],
    [{ Modality: ['MR'], siteId: ['3'] }, false],
    [{ Modality: ['mr'] }, false],
    [{ Modality: [] }, false],
    [{ IssuerOfPatientID: [''] }, true],
  ])('is met when every attribute has one of its values: %j', (when, isMet) => {
    expect(labelsByRules([{ label: 'a', when }], facts)).toEqual(isMet ? ['a'] : []);
  });

  it('gives each label once', () => {
    const rules = ['a', 'b', 'a'].map((label) => ({ label, when: { Modality: ['MR'] } }));
    expect(labelsByRules(rules, facts)).toEqual(['a', 'b']);
  });
});

describe('readLabelRules', () => {
  it('reads rules', async () => {
    const rules = [{ label: 'trial-7', when: { Modality: ['MR'], siteId: ['2'] } }];
    expect(await read(rules)).toEqual(rules);
  });

  it.each<[unknown, RegExp]>([
    ['{', /is no JSON/],
    [{}, /has to be a list/],
    [[{ label: 'a b', when: { Modality: ['MR'] } }], /rule 1: "label"/],
    [[{ label: 'a', when: {} }], /rule 1: "when"/],
    [
      [
        { label: 'a', when: { Modality: ['MR'] } },
        { label: 'a', when: { Modalty: ['MR'] } },
      ],
      /rule 2: "Modalty"/,
    ],
    [[{ label: 'a', when: { siteId: [2] } }], /"siteId" has to be a list of texts/],
    [[{ label: 'a', when: { siteId: ['2'] }, studies: [] }], /"studies" is unknown/],
    [Array.from({ length: 1001 }, () => ({ label: 'a', when: { siteId: ['2'] } })), /1001 rules/],
  ])('names what is wrong with %j', async (rules, why) => {
    await expect(read(rules)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringMatching(why) });
  });

  it('says when the file is not there', async () => {
    await expect(readLabelRules(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
