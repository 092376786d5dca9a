import type { Change } from './catalog/change.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { letWhoeverIn } from './access/testing/whoever.js';
import { partOf, slice } from './archive/testing/parts.js';
import { silentLog } from './base/log.js';
import { announced, block, column, element, type Sample } from './catalog/testing/records.js';
import { readConfig } from './config.js';
import type { DicomJson } from './standard/dicom-json.js';
import { createHttpApp } from './http/create-http-app.js';
import { httpPartsOver } from './http/testing/http-app-over.js';
import { openSite, type Site } from './site.js';

const SOPInstanceUID = '1.2.3.10';
/** Of site 2, put into the catalogue at a block that the chain of this test does not come to. */
const [ADDED, FAR] = ['1.9.1', 1_000_000];
let folder: string;
let site: Site;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-additions-'));
  site = await openSite(readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', SHOW_ADDITIONS: '2' }), silentLog);
  const { outcome } = await site.archive.receive(partOf(slice({ SOPInstanceUID })));
  expect(await outcome).toMatchObject({ kind: 'stored' });
});
afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a study with an addition', () => {
  it('has it below /dicom-web, with the name of its site, and not below /sites', async () => {
    const app = createHttpApp({
      ...httpPartsOver(site.archive, { publicUrl: 'http://h' }),
      authenticate: letWhoeverIn({}),
    });
    const get = async (url: string): Promise<DicomJson[]> => {
      const { status, body } = (await request(app).get(url).set('Accept', 'application/dicom+json')) as {
        status: number;
        body: DicomJson[];
      };
      return status === 204 ? [] : body;
    };
    const [own] = await get('/dicom-web/studies');
    const StudyInstanceUID = String(own?.['0020000D']?.Value?.[0]);
    const record = { StudyInstanceUID, SeriesInstanceUID: '1.9', SOPInstanceUID: ADDED };
    const attributes = { '0020000E': element('UI', '1.9'), '0008103E': element('LO', 'Report') };
    const sample: Sample = {
      name: 'added',
      seriesAttributes: attributes,
      image: { siteId: 2 },
      record: { ...record, metadata: JSON.stringify({ '00080018': element('UI', ADDED) }) },
    };
    const study = `/dicom-web/studies/${StudyInstanceUID}`;
    await site.catalog.apply(block(FAR), [announced(sample)]);
    expect(await get(`${study}/series`)).toHaveLength(1);
    const { studyKey } = (await site.archive.instance(SOPInstanceUID))!;
    const invited: Change = {
      kind: 'study-shared',
      siteId: 1,
      studyKey: studyKey!,
      toSite: 2,
      mayAdd: true,
      logIndex: 0,
    };
    await site.catalog.apply(block(FAR + 1), [invited]);

    expect(await get('/dicom-web/studies')).toEqual([own]);
    const series = await get(`${study}/series?includefield=InstitutionName`);
    expect(column(series, '0020000E')).toContain('1.9');
    const added = series.find((each) => each['0020000E']?.Value?.[0] === '1.9');
    const name = added?.['00080080']?.Value?.[0];
    expect(added).toMatchObject({
      '0008103E': element('LO', `[${String(name)}] Report`),
      '00080054': element('AE', name),
    });
    expect(name).toBe(site.ledger.siteName(2));
    expect(column(await get(`${study}/metadata`), '00080018')).toEqual([SOPInstanceUID, ADDED]);
    expect((await request(app).get(`${study}/series/1.9/thumbnail`)).status).toBe(200);
    expect((await request(app).get(study)).status).toBe(206);
    expect(await get(`/sites/1${study}/series`)).toHaveLength(1);
    expect(await site.archive.review.counts()).toMatchObject({ conflicts: 0 });
  });
});
