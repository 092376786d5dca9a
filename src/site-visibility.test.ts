import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { letWhoeverIn } from './access/testing/whoever.js';
import type { Principal } from './access/principal.js';
import { partOf, streamOf } from './archive/testing/parts.js';
import { silentLog } from './base/log.js';
import { readConfig } from './config.js';
import { image, object, part10, text } from './dicom/testing/hand-made.js';
import { createHttpApp } from './http/create-http-app.js';
import { httpPartsOver } from './http/testing/http-app-over.js';
import { openSite, type Site } from './site.js';

/** Two studies of one patient, one of them in a trial; and what may be seen of it without the other. */
const [seen, hidden] = ['1.2.10', '1.2.20'];
const folders: string[] = [];
let whole: Site;
let part: Site;

async function open(dataFolder: string): Promise<Site> {
  return openSite(readConfig({ DATA_DIR: dataFolder, MIN_FREE_BYTES: '0' }), silentLog);
}

interface Slice {
  study: string;
  number: number;
  grey?: number;
  uid?: string;
  PatientID?: string;
}

function slice({ study, number, grey = 7, uid = `${study}.1.${number}`, PatientID = 'P-1' }: Slice): Buffer {
  const own: Record<number, string> = { 0x00080018: uid, 0x0020000d: study, 0x0020000e: `${study}.1` };
  const elements = object(text(0x00100020, 'LO', PatientID), text(0x00280004, 'CS', 'MONOCHROME2'), ...image(8, 8), {
    tag: 0x7fe00010,
    vr: 'OB',
    value: Buffer.alloc(64, grey),
  }).map((element) => (own[element.tag] === undefined ? element : text(element.tag, 'UI', own[element.tag]!)));
  return part10(elements, { mediaStorageUid: uid });
}

const put = async (site: Site, file: Buffer) => (await site.archive.receive(partOf(file))).outcome;

/** 1 × 1, grey. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
const putPng = async (site: Site, StudyInstanceUID: string, fileName: string) => {
  const named = { PatientID: 'P-1', StudyInstanceUID, fileName };
  return (await site.archive.receive({ mediaType: 'image/png', body: streamOf(PNG), image: named })).outcome;
};

async function fill(site: Site, study: string): Promise<void> {
  for (const number of [1, 2]) expect(await put(site, slice({ study, number }))).toMatchObject({ kind: 'stored' });
  expect(await putPng(site, study, `${study}.png`)).toMatchObject({ kind: 'stored' });
}

/** What tests look at of an answer. */
interface Answered {
  status: number;
  headers: Record<string, string | undefined>;
  body: unknown;
  text?: string;
}

const researcher: Partial<Principal> = { sees: { labels: ['trial-7'] } };
const appOf = (site: Site, differs: Partial<Principal> = {}): Express =>
  createHttpApp({ ...httpPartsOver(site.archive, { publicUrl: 'http://h' }), authenticate: letWhoeverIn(differs) });

beforeAll(async () => {
  // One after the other: the first folder is that of `whole`.
  for (let i = 0; i < 2; i++) folders.push(await mkdtemp(path.join(tmpdir(), 'dicom-ledger-visibility-')));
  [whole, part] = await Promise.all([open(folders[0]!), open(folders[1]!)]);
  await fill(whole, hidden);
  await fill(whole, seen);
  await fill(part, seen);
  for (const site of [whole, part])
    await request(appOf(site)).put(`/ledger/studies/${seen}/labels/trial-7`).expect(204);
}, 60_000);
afterAll(async () => {
  for (const site of [whole, part]) await site.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const series = (study: string): string => `/dicom-web/studies/${study}/series/${study}.1`;
const instance = (study: string): string => `${series(study)}/instances/${study}.1.1`;
const record = (study: string): string => `/ledger/instances/${study}.1.1`;

describe('what one may not see', () => {
  it.each([
    (study: string) => `/dicom-web/studies/${study}`,
    (study: string) => `/dicom-web/studies/${study}/metadata`,
    (study: string) => `/dicom-web/studies/${study}/rendered`,
    (study: string) => `/dicom-web/studies/${study}/thumbnail`,
    series,
    (study: string) => `${series(study)}/metadata`,
    (study: string) => `${series(study)}/rendered`,
    (study: string) => `${series(study)}/thumbnail`,
    instance,
    (study: string) => `${instance(study)}/metadata`,
    (study: string) => `${instance(study)}/rendered`,
    (study: string) => `${instance(study)}/thumbnail`,
    (study: string) => `${instance(study)}/frames/1`,
    (study: string) => `${instance(study)}/frames/1/rendered`,
    (study: string) => `${instance(study)}/frames/1/thumbnail`,
    (study: string) => `${instance(study)}/bulkdata/7FE00010`,
    (study: string) => `/dicom-web/patients/P-1/images/${study}.png`,
    record,
    (study: string) => `/ledger/studies/${study}/labels`,
  ])('is 404 as what is not there: %s', async (urlOf) => {
    const asked = async (site: Site, url: string, differs = researcher) => {
      const answered: Answered = await request(appOf(site, differs)).get(url).set('Accept', '*/*').buffer();
      const { status, headers, body } = answered;
      return { status, etag: headers['etag'], detail: (body as { detail?: unknown }).detail };
    };
    expect((await asked(whole, urlOf(hidden), {})).status).toBe(200);
    expect((await asked(whole, urlOf(seen))).status).toBe(200);
    const answer = await asked(whole, urlOf(hidden));
    expect(answer.status).toBe(404);
    expect(answer).toEqual(await asked(part, urlOf(hidden)));
  });

  it('cannot be verified or retired', async () => {
    const app = appOf(whole, researcher);
    const retire = (url: string) => request(app).post(url).send({ reason: 'wrong' });
    expect((await request(app).post(`${record(hidden)}/verify`)).status).toBe(404);
    expect((await request(app).post(`${record(seen)}/verify`)).status).toBe(200);
    expect((await retire(`${record(hidden)}/retire`)).status).toBe(404);
    expect((await request(app).delete(instance(hidden))).status).toBe(404);
    expect((await request(app).put(`/ledger/studies/${hidden}/labels/trial-7`)).status).toBe(404);
    expect((await request(app).delete(`/ledger/studies/${hidden}/labels/trial-7`)).status).toBe(404);
    expect(await whole.catalog.seenBy('everything').instance(`${hidden}.1.1`)).toMatchObject({ state: 'sealed' });
  });

  it.each([
    '/dicom-web/studies',
    '/dicom-web/studies?includefield=all&includefield=NumberOfPatientRelatedStudies',
    '/dicom-web/studies?limit=1&offset=1',
    '/dicom-web/studies?PatientID=P-1&limit=1',
    '/dicom-web/series',
    '/dicom-web/instances',
    '/dicom-web/instances?limit=2',
    '/dicom-web/patients?includefield=NumberOfPatientRelatedInstances',
    `/dicom-web/studies/${hidden}/series`,
    `/dicom-web/studies/${hidden}/instances`,
    `/dicom-web/studies/${seen}`,
    `/dicom-web/studies/${seen}/metadata`,
    `${instance(seen)}/frames/1`,
    '/ledger/instances',
  ])('changes no count, page, warning or ETag: GET %s', async (url) => {
    const asked = async (site: Site, differs: Partial<Principal>) => {
      const answered: Answered = await request(appOf(site, differs)).get(url).buffer();
      const { etag, warning, 'x-total-count': total } = answered.headers;
      const plain = etag === undefined ? answered.text : undefined;
      return { status: answered.status, etag, warning, total, body: answered.body, plain };
    };
    const answer = await asked(whole, researcher);
    expect(answer).toEqual(await asked(part, researcher));
    expect(answer).toEqual(await asked(part, {}));
    if (!url.includes(seen)) expect(answer).not.toEqual(await asked(whole, {}));
  });

  it('is not in the list of images of a patient, which tells nothing of blocks', async () => {
    const list = async (site: Site): Promise<Answered> =>
      request(appOf(site, researcher)).get('/dicom-web/patients/P-1/images');
    const { headers, body } = await list(whole);
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual([`${seen}.png`]);
    expect(headers['etag']).toBeUndefined();
  });
});

describe('storing', () => {
  const trial: Partial<Principal> = { ...researcher, setsLabels: ['trial-7'] };
  const store = async (file: Buffer, differs: Partial<Principal> = trial) => {
    const asked = request(appOf(whole, differs)).post('/dicom-web/studies').set('Content-Type', 'application/dicom');
    const answered: Answered = await asked.send(file);
    const { status, body } = answered;
    const [failed] =
      (body as Record<string, { Value?: Record<string, { Value: unknown[] }>[] }>)['00081198']?.Value ?? [];
    return { status, reason: failed?.['00081197']?.Value[0], body: JSON.stringify(body) };
  };

  it('says the same of an unseen study, whether the instance is there, is another, was retired, or is new', async () => {
    await put(whole, slice({ study: hidden, number: 8 }));
    await whole.archive.retire(`${hidden}.1.8`, 'wrong');
    const uid = `${hidden}.1.1`;
    const files = [
      slice({ study: hidden, number: 1 }),
      slice({ study: hidden, number: 1, grey: 9 }),
      slice({ study: hidden, number: 8 }),
      slice({ study: hidden, number: 9 }),
      slice({ study: '1.2.99', number: 1, uid }),
    ];
    for (const file of files) {
      const { status, reason, body } = await store(file);
      expect([status, reason]).toEqual([409, 0x0124]);
      expect(body).not.toMatch(/1\.2\.20\.1"|alreadyThere/);
    }
    const everything = whole.catalog.seenBy('everything');
    expect(await everything.instance(`${hidden}.1.9`)).toBeUndefined();
    expect(await everything.hasStudy('1.2.99')).toBe(false);
    expect(await whole.archive.labels(hidden)).toEqual([]);
  });

  it('labels a new study before it is acknowledged, and goes on in it', async () => {
    for (const number of [1, 2]) expect((await store(slice({ study: '1.2.30', number }))).status).toBe(200);
    expect(await whole.archive.labels('1.2.30')).toMatchObject([{ label: 'trial-7', setBy: 'dicom-ledger whoever' }]);
    expect((await request(appOf(whole, researcher)).get('/dicom-web/studies/1.2.30/series')).body).toHaveLength(1);
  });

  it('refuses one who would not see it afterwards, in the same words', async () => {
    const other = await store(slice({ study: '1.2.40', number: 1 }), { ...trial, setsLabels: ['other'] });
    const known = await store(slice({ study: hidden, number: 1 }), { ...trial, setsLabels: ['other'] });
    const words = ({ body }: { body: string }) => /You may not store[^"]*/.exec(body)?.[0];
    expect([other.status, other.reason]).toEqual([409, 0x0124]);
    expect(words(other)).toEqual(words(known));
    const ofPatient: Partial<Principal> = { sees: { patient: { PatientID: 'P-1' } } };
    expect((await store(slice({ study: '1.2.41', number: 1, PatientID: 'P-2' }), ofPatient)).reason).toBe(0x0124);
    expect((await store(slice({ study: '1.2.42', number: 1 }), ofPatient)).status).toBe(200);
  });

  it('labels what one who sees everything stores, in a study that is there too', async () => {
    await put(whole, slice({ study: '1.2.50', number: 1 }));
    const file = slice({ study: '1.2.50', number: 2 });
    expect((await store(file, { sees: 'everything', setsLabels: ['ward'] })).status).toBe(200);
    expect((await whole.archive.labels('1.2.50')).map(({ label }) => label)).toEqual(['ward']);
  });
});

describe('labels', () => {
  it('are on this disk alone, for the owner alone, and stay when the catalogue is made anew', async () => {
    const [folder] = folders;
    await whole.close();
    expect((await stat(path.join(folder!, 'annotations.sqlite'))).mode & 0o777).toBe(0o600);
    for (const ending of ['', '-wal', '-shm']) await rm(path.join(folder!, `catalog.sqlite${ending}`), { force: true });
    whole = await open(folder!);
    await whole.caughtUp();
    const found: Answered = await request(appOf(whole, researcher)).get('/dicom-web/studies');
    expect(found.headers['x-total-count']).toBe('2');
    const labels: Answered = await request(appOf(whole)).get(`/ledger/studies/${seen}/labels`);
    expect(labels.body).toMatchObject([{ label: 'trial-7', setBy: 'dicom-ledger whoever' }]);
  });

  it('are taken away by hand', async () => {
    const labels = `/ledger/studies/${seen}/labels`;
    expect((await request(appOf(whole)).delete(`${labels}/trial-7`)).status).toBe(204);
    expect((await request(appOf(whole)).delete(`${labels}/trial-7`)).status).toBe(404);
    expect((await request(appOf(whole, researcher)).get(instance(seen))).status).toBe(404);
    expect((await request(appOf(whole)).put(`${labels}/not%20one`)).status).toBe(400);
    expect((await request(appOf(whole, { permissions: new Set(['read']) })).put(`${labels}/x`)).status).toBe(403);
  });
});
