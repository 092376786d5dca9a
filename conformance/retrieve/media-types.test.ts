import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { Archive } from '../../src/archive/archive.js';
import type { Route } from '../../src/http/route.js';
import { routes } from '../../src/http/routes.js';
import { httpPartsOver } from '../../src/http/testing/http-app-over.js';
import { type DataSet, type InstanceIds, multipartBody, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { newWorkitem } from '../worklist/testing/new-workitem.js';

const image: InstanceIds = { study: newUid(), series: newUid(), instance: newUid() };
const [workitem, transaction] = [newUid(), newUid()];
const sliceOf = (ids: InstanceIds): Buffer =>
  ctSlice({ StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance });

let server: RunningServer;
let picture: Blob;
beforeAll(async () => {
  server = await startServer();
  expect((await stowSingle(server.url, sliceOf(image))).status).toBe(200);
  const colour = { width: 40, height: 30, channels: 3, background: 'red' } as const;
  picture = new Blob([new Uint8Array(await sharp({ create: colour }).jpeg().toBuffer())], { type: 'image/jpeg' });
  const url = `${server.url}/dicom-web`;
  const form = new FormData();
  form.append('file', picture, 'one.jpg');
  expect((await fetch(`${url}/patients/P-1/images`, { method: 'POST', body: form })).status).toBe(200);
  const json = { 'Content-Type': 'application/dicom+json' };
  const created = { method: 'POST', headers: json, body: JSON.stringify(newWorkitem()) };
  expect((await fetch(`${url}/workitems?workitem=${workitem}`, created)).status).toBe(201);
});
afterAll(() => server.stop());

const TAKE_TWO_SITES = ['/ledger/cards/:site/comparison', '/ledger/letters', '/ledger/shares'];
const table = routes({
  ...httpPartsOver({} as Archive),
  uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 },
})
  .filter(({ gives = [], handler }) => gives.length > 0 && handler !== 'not-implemented')
  // Events come by a WebSocket (conformance/worklist/events.test.ts).
  .filter(({ service }) => !service.startsWith('Events of workitems'))
  // What sites give each other takes two of them (conformance/sharing).
  .filter(({ path }) => !TAKE_TWO_SITES.includes(path));

/** What there is of videos and documents alone. */
const NOT_OF_IMAGES = ['video/mp4', 'application/pdf', 'text/html', 'text/plain', 'text/xml'];

/** What the statement says is not to be had of one image, although the row lists it for others. */
function isRefused({ path }: Route, type: string): boolean {
  if (/\/(rendered|wado)$/.test(path)) return NOT_OF_IMAGES.includes(type);
  return false;
}

/** A commitment of the image, as PS3.18 §13.4 has it. */
const commitment: DataSet = {
  '00081199': {
    vr: 'SQ',
    Value: [
      {
        '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
        '00081155': { vr: 'UI', Value: [image.instance] },
      },
    ],
  },
};

/** A body for a POST of the row; what is stored and rejected is new each time. */
async function bodyFor({ service, path }: Route, ids: InstanceIds): Promise<RequestInit> {
  if (path.endsWith('/images')) {
    const form = new FormData();
    form.append('file', picture, 'another.jpg');
    return { body: form };
  }
  if (service.startsWith('Store (')) {
    const headers = { 'Content-Type': 'multipart/related; type="application/dicom"; boundary="b-1"' };
    return { headers, body: new Uint8Array(multipartBody([sliceOf(ids)])) };
  }
  if (service.startsWith('Rejection')) expect((await stowSingle(server.url, sliceOf(ids))).status).toBe(200);
  if (service.startsWith('Storage Commitment'))
    return { headers: { 'Content-Type': 'application/dicom+json' }, body: JSON.stringify(commitment) };
  return {};
}

async function ask(row: Route, type: string): Promise<{ status: number; given: string }> {
  const ids = row.method === 'POST' ? { study: newUid(), series: newUid(), instance: newUid() } : image;
  const values: Record<string, string> = {
    ...ids,
    ...{ site: '1', frames: '1', PatientID: 'P-1', name: 'one.jpg', workitem, aet: 'AET', code: '113001^DCM' },
    transaction: row.method === 'POST' ? newUid() : transaction,
  };
  const path = row.path
    .replace(/\{\/?\*\w+\}/, '')
    .replace('*path', '7FE00010')
    .replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(values[name] ?? name));
  const query = row.path.endsWith('/wado')
    ? `?requestType=WADO&studyUID=${ids.study}&seriesUID=${ids.series}&objectUID=${ids.instance}&contentType=${encodeURIComponent(type)}`
    : '';
  const { headers, ...init } = row.method === 'POST' ? await bodyFor(row, ids) : {};
  const stopped = new AbortController();
  const response = await fetch(server.url + path + query, {
    method: row.method,
    ...init,
    headers: { ...(headers as Record<string, string>), Accept: type },
    signal: stopped.signal,
  });
  const given = response.headers.get('Content-Type') ?? '';
  // Events go on for ever.
  stopped.abort();
  return { status: response.status, given };
}

/** As `multipart/related; type="application/dicom"`: without boundary, charset and transfer syntax. */
const bare = (type: string): string => {
  const [media = '', ...parameters] = type.split(/; */);
  const root = parameters.find((one) => one.startsWith('type='));
  return media === 'multipart/related' ? `${media}; type="${root?.slice(5).replaceAll('"', '')}"` : media;
};

describe('Every row that lists media types', () => {
  it('gives a stored image in each of them, or is 406 where the statement says so', async () => {
    const request = { method: 'POST', headers: { 'Content-Type': 'application/dicom+json' }, body: JSON.stringify(commitment) }; // prettier-ignore
    const requested = await fetch(`${server.url}/dicom-web/commitment-requests/${transaction}`, request);
    expect([200, 202]).toContain(requested.status);
    const wrong: string[] = [];
    let asked = 0;
    for (const row of table)
      for (const type of row.gives ?? []) {
        const { status, given } = await ask(row, type);
        asked++;
        // JPG and PNG come as they were given.
        if (row.path.endsWith('/images/:name') && type === 'image/png') continue;
        const isRight = isRefused(row, type)
          ? status === 406
          : [200, 201, 202].includes(status) && bare(given) === type;
        if (!isRight) wrong.push(`${row.method} ${row.path} as ${type}: ${status} ${given}`);
      }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(200);
  });
});
