import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { bytesOf, get, instancePath, type InstanceIds, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice } from '../testing/make-dicom.js';
import { type Orthanc, startOrthanc } from '../testing/orthanc.js';
import { type RunningServer, startServer } from '../testing/server.js';

let server: RunningServer;
let orthanc: Orthanc;
beforeAll(async () => {
  server = await startServer();
  const ours = { Url: `${server.url}/dicom-web/`, HttpHeaders: server.authorization };
  orthanc = await startOrthanc({
    servers: {
      chunked: { ...ours, ChunkedTransfers: true, HasDelete: true, HasWadoRsUniversalTransferSyntax: true },
      whole: { ...ours, ChunkedTransfers: false, HasDelete: false, HasWadoRsUniversalTransferSyntax: false },
      stranger: { ...ours, HttpHeaders: { Authorization: 'Bearer dl_local_wrong' }, HasDelete: true },
    },
  });
});
afterAll(async () => {
  await orthanc?.stop();
  await server?.stop();
});

const stored = 'application/dicom; transfer-syntax=*';

/** What Orthanc answers to a POST of JSON below `/dicom-web/servers`. */
const ask = (action: string, body: object): Promise<Response> =>
  fetch(`${orthanc.url}/dicom-web/servers/${action}`, { method: 'POST', body: JSON.stringify(body) });

interface Held extends InstanceIds {
  /** As Orthanc names it. */
  id: string;
  parentStudy: string;
  bytes: Buffer;
}

/** Puts a file into Orthanc. */
async function hold(bytes: Buffer): Promise<Held> {
  const response = await fetch(`${orthanc.url}/instances`, { method: 'POST', body: new Uint8Array(bytes) });
  const { ID: id, ParentStudy: parentStudy } = (await response.json()) as { ID: string; ParentStudy: string };
  const tags = (await (await fetch(`${orthanc.url}/instances/${id}/tags?short`)).json()) as Record<string, string>;
  const [study = '', series = '', instance = ''] = ['0020,000d', '0020,000e', '0008,0018'].map((tag) => tags[tag]);
  return { id, parentStudy, study, series, instance, bytes };
}

const drop = (held: Held[]): Promise<unknown> =>
  Promise.all(held.map(({ id }) => fetch(`${orthanc.url}/instances/${id}`, { method: 'DELETE' })));
const countOf = async (): Promise<number> =>
  ((await (await fetch(`${orthanc.url}/instances`)).json()) as string[]).length;
const fileOf = async ({ id }: Held): Promise<Buffer> => bytesOf(await fetch(`${orthanc.url}/instances/${id}/file`));
const statusOf = async (ids: InstanceIds): Promise<number> =>
  (await get(server.url + instancePath(ids), stored)).status;

/** What Orthanc reads in an instance: its attributes, and its first picture where it can decode that. */
async function contentOf({ id }: Held): Promise<unknown> {
  const tags = await (await fetch(`${orthanc.url}/instances/${id}/tags`)).json();
  const picture = await fetch(`${orthanc.url}/instances/${id}/frames/0/image-uint16`);
  return { tags, status: picture.status, picture: (await bytesOf(picture)).toString('base64') };
}

const NAMES = ['wg04/CT1_UNC', 'wg04/US1_J2KR', 'wg04/MR1_JPLL', 'pydicom/CT_small', 'pydicom/examples_ybr_color', 'pydicom/test-SR']; // prettier-ignore
const samples = (): Buffer[] => NAMES.map((name) => readFileSync(path.join(sampleFolder, `${name}.dcm`)));

describe('Orthanc as a DICOMweb client', () => {
  let held: Held[];
  beforeAll(async () => {
    held = [];
    for (const bytes of samples()) held.push(await hold(bytes));
    // More than one chunk of Orthanc's, and than what it holds in one buffer.
    for (let at = 0; at < 2; at++) held.push(await hold(ctSlice({}, { size: 1024, frames: 8 })));
  });

  it.each(['chunked', 'whole'])('stores instances and studies, large ones too, and again: %s', async (name) => {
    const response = await ask(`${name}/stow`, { Resources: held.map(({ id }) => id), Synchronous: true });
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ InstancesCount: String(held.length) }),
    ]);
    const studies = { Resources: held.map(({ parentStudy }) => parentStudy), Synchronous: true };
    expect((await ask(`${name}/stow`, studies)).status).toBe(200);
    for (const one of held) {
      const { study, series, instance, bytes } = one;
      const given = await get(server.url + instancePath({ study, series, instance }), stored);
      expect((await bytesOf(given)).equals(bytes)).toBe(true);
    }
  });

  it.each(['chunked', 'whole'])('stores a new large instance: %s', async (name) => {
    const large = await hold(ctSlice({}, { size: 1024, frames: 8 }));
    expect((await ask(`${name}/stow`, { Resources: [large.id], Synchronous: true })).status).toBe(200);
    const given = await get(server.url + instancePath(large), stored);
    expect((await bytesOf(given)).equals(large.bytes)).toBe(true);
    await drop([large]);
  });

  it('is told when nothing of what it sends is stored', async () => {
    const stranger = await hold(ctSlice());
    expect((await ask('stranger/stow', { Resources: [stranger.id], Synchronous: true })).ok).toBe(false);
    expect(await statusOf(stranger)).toBe(404);
    await drop([stranger]);
  });

  it('finds studies, series and instances', async () => {
    const [{ study, series, instance }] = held as [Held];
    for (const [uri, key, tag, value] of [
      ['/studies', 'StudyInstanceUID', '0020000D', study],
      [`/studies/${study}/series`, '0020000E', '0020000E', series],
      ['/instances', 'SOPInstanceUID', '00080018', instance],
    ] as const) {
      const found = await ask('chunked/qido', { Uri: uri, Arguments: { [key]: value } });
      const matches = (await found.json()) as Record<string, { Value: string }>[];
      expect([uri, matches.map((match) => match[tag]?.Value)]).toEqual([uri, [value]]);
    }
    const raw = await ask('chunked/get', { Uri: '/studies', Arguments: { limit: '2', includefield: 'all' } });
    expect(await raw.json()).toHaveLength(2);
    const picture = await ask('chunked/get', { Uri: `${instancePath(held[0]!).slice('/dicom-web'.length)}/rendered` });
    expect((await bytesOf(picture)).subarray(0, 2).toString('hex')).toBe('ffd8');
    expect((await ask('stranger/qido', { Uri: '/studies' })).ok).toBe(false);
  });

  it.each([
    ['chunked', 'Study'],
    ['chunked', 'Series'],
    ['chunked', 'Instance'],
    ['whole', 'Study'],
    ['whole', 'Instance'],
  ])('retrieves by %s what it had, by %s', async (name, level) => {
    const before = await Promise.all(held.map(contentOf));
    await drop(held);
    expect(await countOf()).toBe(0);
    const levels = ['Study', 'Series', 'Instance'].slice(0, ['Study', 'Series', 'Instance'].indexOf(level) + 1);
    const Resources = held.map(({ study, series, instance }) =>
      Object.fromEntries(levels.map((one, at) => [one, [study, series, instance][at]])),
    );
    const response = await ask(`${name}/retrieve`, { Resources, Synchronous: true });
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ ReceivedInstancesCount: String(held.length) }),
    ]);
    expect(await countOf()).toBe(held.length);
    const after = await Promise.all(held.map(contentOf));
    if (name === 'chunked') {
      for (const one of held) expect((await fileOf(one)).equals(one.bytes)).toBe(true);
      expect(after).toEqual(before);
    } else {
      // It names no transfer syntax: all is uncompressed, and the colours of JPEG 2000 are RGB then.
      const uncompressed = JSON.stringify(before).replaceAll('"YBR_RCT"', '"RGB"');
      expect(JSON.stringify(after)).toBe(uncompressed);
    }
  });

  it('retrieves a URI in a job', async () => {
    const [first] = held as [Held];
    await drop([first]);
    const job = (await (await ask('chunked/wado', { Uri: `/studies/${first.study}` })).json()) as { ID: string };
    let state = '';
    await until('the job to end', async () => {
      const { State } = (await (await fetch(`${orthanc.url}/jobs/${job.ID}`)).json()) as { State: string };
      state = State;
      return State === 'Success' || State === 'Failure';
    });
    expect(state).toBe('Success');
    expect((await fileOf(first)).equals(first.bytes)).toBe(true);
  });

  it('deletes an instance, a series and a study, where it is told that it can', async () => {
    const files = Array.from({ length: 3 }, () => ctSlice());
    const gone = await Promise.all(files.map(hold));
    for (const bytes of files) expect((await stowSingle(server.url, bytes)).status).toBe(200);
    for (const [at, { study, series, instance }] of gone.entries()) {
      const levels = ['Instance', 'Series', 'Study'] as const;
      const named = {
        Instance: { SOPInstanceUID: instance, SeriesInstanceUID: series, StudyInstanceUID: study },
        Series: { SeriesInstanceUID: series, StudyInstanceUID: study },
        Study: { StudyInstanceUID: study },
      };
      const body = { Level: levels[at]!, ...named[levels[at]!] };
      expect((await ask('stranger/delete', body)).ok).toBe(false);
      expect((await ask('whole/delete', body)).ok).toBe(false);
      expect(await statusOf({ study, series, instance })).toBe(200);
      expect((await ask('chunked/delete', body)).status).toBe(200);
      expect(await statusOf({ study, series, instance })).toBe(410);
    }
  });
});
