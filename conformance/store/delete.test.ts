import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, type InstanceIds, instancePath, stored, storedSingle, stow } from '../testing/dicomweb-client.js';
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

const at = (ids: InstanceIds): string => `${url}${instancePath(ids)}`;
const studyUrl = ({ study }: Pick<InstanceIds, 'study'>): string => `${url}/dicom-web/studies/${study}`;
const seriesUrl = (ids: InstanceIds): string => `${studyUrl(ids)}/series/${ids.series}`;
const remove = (target: string, headers: Record<string, string> = {}) => fetch(target, { method: 'DELETE', headers });

/** Stores two series of one study, two instances in the first and one in the second. */
async function storeStudy(): Promise<[InstanceIds, InstanceIds, InstanceIds]> {
  const [study, series] = [newUid(), newUid()];
  const all: [InstanceIds, InstanceIds, InstanceIds] = [
    { study, series, instance: newUid() },
    { study, series, instance: newUid() },
    { study, series: newUid(), instance: newUid() },
  ];
  const files = all.map((ids) =>
    ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance }, { size: 16 }),
  );
  expect((await stow(url, files)).status).toBe(200);
  return all;
}

describe('DELETE of a study or a series', () => {
  it('retires every instance of a series, and no other', async () => {
    const [first, second, other] = await storeStudy();
    expect((await remove(`${seriesUrl(first)}?reason=wrong%20series`)).status).toBe(204);
    for (const ids of [first, second]) expect((await get(at(ids))).status).toBe(410);
    expect((await get(seriesUrl(first))).status).toBe(410);
    expect((await get(at(other))).status).toBe(200);
    expect((await remove(seriesUrl(first))).status).toBe(410);
  });

  it('retires every instance of a study', async () => {
    const all = await storeStudy();
    expect((await remove(studyUrl(all[0]))).status).toBe(204);
    for (const ids of all) expect((await get(at(ids))).status).toBe(410);
    expect((await get(studyUrl(all[0]))).status).toBe(410);
    expect(await (await get(`${url}/dicom-web/studies?StudyInstanceUID=${all[0].study}`)).json()).toEqual([]);
  });

  it('answers 404 for an unknown one', async () => {
    expect((await remove(studyUrl({ study: newUid() }))).status).toBe(404);
    expect((await remove(`${studyUrl({ study: newUid() })}/series/${newUid()}`)).status).toBe(404);
  });
});

describe('If-Match', () => {
  it('of another ETag makes DELETE 412, and nothing is retired', async () => {
    const [first] = await storeStudy();
    for (const target of [at(first), seriesUrl(first), studyUrl(first)]) {
      expect((await remove(target, { 'If-Match': '"wrong"' })).status).toBe(412);
      expect((await get(target)).status).toBe(200);
    }
  });

  it.each([
    ['the single part', storedSingle, at],
    ['the multipart of an instance', stored, at],
    ['a series', stored, seriesUrl],
    ['a study', undefined, studyUrl],
  ])('of the ETag that GET gives of %s lets DELETE happen', async (_name, accept, target) => {
    const [first] = await storeStudy();
    const etag = (await get(target(first), accept)).headers.get('ETag') ?? '';
    expect(etag).toMatch(/"/);
    expect((await remove(target(first), { 'If-Match': `"wrong", ${etag}` })).status).toBe(204);
    expect((await get(at(first))).status).toBe(410);
  });

  it('of * lets DELETE of what is there happen', async () => {
    const [first] = await storeStudy();
    expect((await remove(at(first), { 'If-Match': '*' })).status).toBe(204);
  });

  it('makes GET 412 unless it has the ETag', async () => {
    const [first] = await storeStudy();
    for (const target of [at(first), `${at(first)}/metadata`, `${at(first)}/frames/1`, studyUrl(first)]) {
      const etag = (await get(target)).headers.get('ETag') ?? '';
      const status = async (wanted: string) => (await get(target, undefined, { 'If-Match': wanted })).status;
      expect([target, await status('"wrong"'), await status(etag)]).toEqual([target, 412, 200]);
    }
  });
});

describe('If-Unmodified-Since', () => {
  it('before an instance was stored makes GET and DELETE 412, and lets nothing be retired', async () => {
    const [first] = await storeStudy();
    const modified = Date.parse((await get(at(first), storedSingle)).headers.get('Last-Modified') ?? '');
    const since = (seconds: number) => ({
      'If-Unmodified-Since': new Date(modified + seconds * 1000).toUTCString(),
    });
    expect((await get(at(first), storedSingle, since(-1))).status).toBe(412);
    expect((await get(at(first), storedSingle, since(0))).status).toBe(200);
    for (const target of [at(first), seriesUrl(first), studyUrl(first)]) {
      expect((await remove(target, since(-1))).status).toBe(412);
      expect((await get(target)).status).toBe(200);
    }
    expect((await get(at(first), storedSingle, { ...since(-1), 'If-Match': '*' })).status).toBe(200);
    expect((await get(at(first), storedSingle, { 'If-Unmodified-Since': 'yesterday' })).status).toBe(200);
    // The others of the study may have been stored a second later.
    expect((await remove(studyUrl(first), since(3600))).status).toBe(204);
  });
});
