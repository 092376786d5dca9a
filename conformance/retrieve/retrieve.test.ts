import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  partsOf,
  sha256,
  stored,
  storedSingle,
  stow,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const multipartDicom = 'multipart/related; type="application/dicom"';

type Ids = { study: string; series: string; instance: string };
const someIds = (): Ids => ({ study: newUid(), series: newUid(), instance: newUid() });
const at = (ids: Ids): string => `${url}${instancePath(ids)}`;

describe('Retrieve', () => {
  const study = newUid();
  const [first, second] = [
    { ...someIds(), study },
    { ...someIds(), study },
  ];
  const files = [first, second].map((ids, index) =>
    ctSlice(
      {
        StudyInstanceUID: ids.study,
        SeriesInstanceUID: ids.series,
        SOPInstanceUID: ids.instance,
        SeriesNumber: String(index + 1),
      },
      { size: 160 },
    ),
  );
  const [file = Buffer.alloc(0)] = files;
  beforeAll(async () => {
    expect((await stow(url, files)).status).toBe(200);
  });

  it('of a study gives all instances by series, metadata too', async () => {
    const parts = await partsOf(await get(`${url}/dicom-web/studies/${study}`, stored));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual(files.map(sha256));
    const metadata = (await (await get(`${url}/dicom-web/studies/${study}/metadata`)).json()) as DataSet[];
    expect(metadata.map((one) => one['00080018']?.Value?.[0])).toEqual([first.instance, second.instance]);
  });

  it('answers 304 to the ETag it gave, of every kind of resource', async () => {
    const resources: [string, string?][] = [
      [at(first), storedSingle],
      [at(first), multipartDicom],
      [`${at(first)}/metadata`],
      [`${at(first)}/frames/1`, 'application/octet-stream'],
      [`${at(first)}/rendered`],
      [`${at(first)}/thumbnail`],
      [`${at(first)}/bulkdata/7FE00010`],
      [`${url}/dicom-web/studies?StudyInstanceUID=${study}`],
    ];
    for (const [path, accept] of resources) {
      const response = await get(path, accept);
      expect([path, response.status]).toEqual([path, 200]);
      await response.arrayBuffer();
      const etag = response.headers.get('ETag') ?? '';
      expect(etag).not.toBe('');
      const again = await get(path, accept, { 'If-None-Match': etag });
      expect([path, again.status]).toEqual([path, 304]);
      const other = await get(path, accept, { 'If-None-Match': '"other"' });
      expect([path, other.status]).toEqual([path, 200]);
      await other.arrayBuffer();
    }
  });

  it('gives ranges of the instance, of a frame and of bulk data, and 416 beyond', async () => {
    for (const [from, to] of [
      [0, 0],
      [30_719, 30_721],
      [100, 40_000],
    ] as const) {
      const response = await get(at(first), storedSingle, { Range: `bytes=${from}-${to}` });
      expect(response.status).toBe(206);
      expect(response.headers.get('Content-Range')).toBe(`bytes ${from}-${to}/${file.length}`);
      expect(sha256(await bytesOf(response))).toBe(sha256(file.subarray(from, to + 1)));
    }
    for (const value of ['frames/1', 'bulkdata/7FE00010']) {
      const tail = await get(`${at(first)}/${value}`, 'application/octet-stream', { Range: 'bytes=-10' });
      expect([value, tail.status, await bytesOf(tail)]).toEqual([value, 206, file.subarray(-10)]);
    }
    const whole = await bytesOf(await get(`${at(first)}/rendered`, 'image/png'));
    const picture = await get(`${at(first)}/rendered`, 'image/png', { Range: 'bytes=5-50' });
    expect(await bytesOf(picture)).toEqual(whole.subarray(5, 51));
    const beyond = await get(at(first), storedSingle, { Range: `bytes=${file.length}-` });
    expect([beyond.status, beyond.headers.get('Content-Range')]).toEqual([416, `bytes */${file.length}`]);
  });

  it('answers HEAD like GET without body', async () => {
    const response = await fetch(at(first), { method: 'HEAD', headers: { Accept: storedSingle } });
    expect([response.status, response.headers.get('Content-Length')]).toEqual([200, String(file.length)]);
    expect((await bytesOf(response)).length).toBe(0);
  });

  it('lets the accept query parameter win over the header', async () => {
    const path = `${at(first)}?accept=${encodeURIComponent(storedSingle)}`;
    const response = await get(path, 'application/json');
    expect(sha256(await bytesOf(response))).toBe(sha256(file));
  });

  it('answers 404 for what is not there', async () => {
    const unknown = newUid();
    for (const path of [
      `/studies/${unknown}`,
      `/studies/${unknown}/metadata`,
      `/studies/${study}/series/${unknown}`,
      // The second instance is in another series.
      `/studies/${study}/series/${first.series}/instances/${second.instance}`,
      `/studies/${study}/series/${first.series}/instances/${first.instance}/frames/2`,
      `/studies/${study}/series/${first.series}/instances/${first.instance}/bulkdata/00100010`,
      '/nonsense',
    ])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 404]);
  });

  it('answers 400 for what is no UID or no list of frames', async () => {
    for (const path of ['/studies/abc', '/studies/abc/metadata', `/studies/${study}/series/1_2`])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 400]);
    for (const list of ['0', 'a', '1,,2', '-1', '1,0'])
      expect([list, (await get(`${at(first)}/frames/${list}`)).status]).toEqual([list, 400]);
  });

  it('answers 405 with Allow, 406 with what there is, and 501 for what is not there yet', async () => {
    const put = await fetch(at(first), { method: 'PUT', body: 'x' });
    expect([put.status, put.headers.get('Allow')]).toEqual([405, 'GET, DELETE, HEAD, OPTIONS']);
    for (const [path, accept] of [
      ['', 'text/html'],
      ['', 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.51'],
      ['/metadata', 'application/dicom'],
      ['/frames/1', 'image/jpx'],
      ['/rendered', 'image/bmp'],
    ] as const) {
      const response = await get(`${at(first)}${path}`, accept);
      expect([path, accept, response.status]).toEqual([path, accept, 406]);
    }
    expect((await get(`${url}/dicom-web/studies/${study}`, storedSingle)).status).toBe(406);
    for (const path of [`/studies/${study}/renderedMPR`, '/modality-scheduled-procedure-steps'])
      expect([path, (await get(`${url}/dicom-web${path}`)).status]).toEqual([path, 501]);
  });

  it('is closed to pages of other origins unless they are listed', async () => {
    const headers = { Origin: 'https://viewer.example' };
    for (const path of ['/dicom-web/studies', `/dicom-web/studies/${newUid()}/metadata`]) {
      const response = await get(`${url}${path}`, undefined, headers);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
      expect(response.headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
    }
    const preflight = await fetch(at(first), {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' },
    });
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });
});

describe('DELETE of an instance', () => {
  it('answers 204; then the instance is 410 and found no more, and its study stays while it has others', async () => {
    const study = newUid();
    const [gone, stays] = [
      { ...someIds(), study },
      { ...someIds(), study },
    ];
    const files = [gone, stays].map((ids) =>
      ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance }, { size: 16 }),
    );
    expect((await stow(url, files)).status).toBe(200);
    expect((await fetch(at(gone), { method: 'DELETE' })).status).toBe(204);
    for (const path of ['', '/metadata', '/frames/1', '/rendered', '/thumbnail', '/bulkdata/7FE00010'])
      expect([path, (await get(`${at(gone)}${path}`)).status]).toEqual([path, 410]);
    expect((await fetch(at(gone), { method: 'DELETE' })).status).toBe(410);
    const found = (await (await get(`${url}/dicom-web/studies/${study}/instances`)).json()) as DataSet[];
    expect(found.map((one) => one['00080018']?.Value?.[0])).toEqual([stays.instance]);
    const parts = await partsOf(await get(`${url}/dicom-web/studies/${study}`, stored));
    expect(parts.map(({ bytes }) => sha256(bytes))).toEqual([sha256(files[1] ?? Buffer.alloc(0))]);
    expect((await fetch(at(stays), { method: 'DELETE' })).status).toBe(204);
    expect((await get(`${url}/dicom-web/studies/${study}`)).status).toBe(410);
    expect(await (await get(`${url}/dicom-web/studies?StudyInstanceUID=${study}`)).json()).toEqual([]);
  });

  it('answers 404 for an unknown one', async () => {
    expect((await fetch(at(someIds()), { method: 'DELETE' })).status).toBe(404);
  });
});
