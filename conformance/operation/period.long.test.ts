import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  instancePath,
  sha256,
  storedSingle,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const periodMs = 1000;
let server: RunningServer;
let url: string;
beforeAll(async () => {
  server = await startServer({ env: { EMBEDDED_PERIOD_MS: String(periodMs) } });
  url = server.url;
});
afterAll(() => server.stop());

const slice = (size: number) => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const file = ctSlice(
    { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance },
    { size },
  );
  return { ids, file, at: `${url}${instancePath(ids)}` };
};
const search = async (path: string): Promise<DataSet[]> =>
  (await (await get(`${url}/dicom-web${path}`)).json()) as DataSet[];

describe('A chain with a block a second', () => {
  it('stores many instances of one request in a few blocks, and gives each back', async () => {
    const many = Array.from({ length: 12 }, () => slice(32));
    const started = Date.now();
    const response = await stow(
      url,
      many.map(({ file }) => file),
    );
    expect(response.status).toBe(200);
    expect(Date.now() - started).toBeLessThan(8 * periodMs);
    for (const { at, file } of many) expect(sha256(await bytesOf(await get(at, storedSingle)))).toBe(sha256(file));
    expect(server.output()).not.toMatch(/Warning:/);
  });

  it('finds a large announced instance before it is sealed, with its thumbnail, and answers 503 for its bytes', async () => {
    // 8 MB: more than one block takes.
    const { ids, file, at } = slice(2048);
    const storing = stowSingle(url, file);
    await until(
      'the instance to be found',
      async () => (await search(`/instances?SOPInstanceUID=${ids.instance}`)).length === 1,
    );
    const [found] = await search(`/studies/${ids.study}/instances?includefield=InstanceAvailability`);
    const early = await get(at, storedSingle);
    const [thumbnail, metadata, frame, rendered] = await Promise.all(
      ['thumbnail', 'metadata', 'frames/1', 'rendered'].map((what) => get(`${at}/${what}`)),
    );
    // Read at once: a connection whose answer waits is given up by the server after some seconds.
    const shown = sha256(await bytesOf(thumbnail as Response));
    expect([early.status, found?.['00080056']?.Value]).toEqual([503, ['UNAVAILABLE']]);
    expect(Number(early.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect([thumbnail?.status, metadata?.status, frame?.status, rendered?.status]).toEqual([200, 200, 503, 503]);
    const retired = await fetch(at, { method: 'DELETE' });
    expect(retired.status).toBe(503);
    expect((await storing).status).toBe(200);
    expect(sha256(await bytesOf(await get(at, storedSingle)))).toBe(sha256(file));
    const [sealed] = await search(`/studies/${ids.study}/instances?includefield=InstanceAvailability`);
    expect(sealed?.['00080056']?.Value).toEqual(['ONLINE']);
    expect(sha256(await bytesOf(await get(`${at}/thumbnail`)))).toBe(shown);
  });

  it('answers one store and four "already there" when the same comes five times at once', async () => {
    const { file } = slice(32);
    const answers = await Promise.all(Array.from({ length: 5 }, () => stowSingle(url, file)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.filter(({ headers }) => headers.get('X-Already-Stored') === '1')).toHaveLength(4);
  });

  it('stores one of two different contents that come at once and refuses the other with 0x0111', async () => {
    const { file } = slice(32);
    const other = Buffer.from(file);
    other.writeUInt8(7, other.length - 1);
    const answers = await Promise.all([file, other].map((one) => stowSingle(url, one)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409) as Response;
    expect(failureReasons((await refused.json()) as DataSet)).toEqual([0x0111]);
  });

  it('retires with 204 once the block is made', async () => {
    const { file, at } = slice(32);
    await stowSingle(url, file);
    expect((await fetch(at, { method: 'DELETE' })).status).toBe(204);
    expect((await get(at)).status).toBe(410);
  });
});
