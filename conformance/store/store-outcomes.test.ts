import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  instancePath,
  items,
  metric,
  multipartBody,
  sha256,
  stored,
  storedSingle,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid, part10 } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const someIds = () => ({ study: newUid(), series: newUid(), instance: newUid() });
const sliceOf = (ids: ReturnType<typeof someIds>, over: Record<string, unknown> = {}): Buffer =>
  ctSlice(
    { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance, ...over },
    { size: 32 },
  );
const moduleOf = async (response: Response): Promise<DataSet> => (await response.json()) as DataSet;
const garbage = Buffer.from('This is no DICOM file, however long it may be.'.repeat(10));

/** Changes one character of a text value in place. */
function altered(file: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(file);
  const at = copy.indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error(`"${from}" is not in the file.`);
  copy.write(to, at, 'latin1');
  return copy;
}

describe('Store that is refused', () => {
  const post = (contentType: string | undefined, body: Uint8Array, { path = '/studies', headers = {} } = {}) =>
    fetch(`${url}/dicom-web${path}`, {
      method: 'POST',
      headers: { ...(contentType === undefined ? {} : { 'Content-Type': contentType }), ...headers },
      body: new Uint8Array(body),
    });

  it('answers 400 with 0xC000 in Other Failures when nothing can be understood', async () => {
    for (const parts of [[garbage], [garbage, Buffer.alloc(0)], [sliceOf(someIds()).subarray(133)]]) {
      const response = await stow(url, parts);
      expect(response.status).toBe(400);
      const module = await moduleOf(response);
      expect(items(module, '0008119A').map((item) => item['00081197']?.Value)).toEqual(parts.map(() => [0xc000]));
      expect(module['00081199']).toBeUndefined();
    }
  });

  it('answers 400 for a DICOM file that breaks off within its pixels', async () => {
    const file = sliceOf(someIds());
    const response = await stowSingle(url, file.subarray(0, file.length - 100));
    expect(response.status).toBe(400);
    expect(failureReasons(await moduleOf(response))).toEqual([0xc000]);
  });

  it('answers 409 with 0xA900 for another study than that of the URL', async () => {
    const ids = someIds();
    const response = await stow(url, [sliceOf(ids)], { study: newUid() });
    expect(response.status).toBe(409);
    expect(failureReasons(await moduleOf(response))).toEqual([0xa900]);
    expect((await get(`${url}${instancePath(ids)}`)).status).toBe(404);
  });

  it('answers 409 with 0xA900 for an invalid UID', async () => {
    const response = await stow(url, [sliceOf({ ...someIds(), series: '1.2.x' })]);
    expect(response.status).toBe(409);
    expect(failureReasons(await moduleOf(response))).toEqual([0xa900]);
  });

  it.each([
    ['text/plain'],
    ['application/json'],
    ['application/octet-stream'],
    ['multipart/related; type="application/json"; boundary=b-1'],
    ['multipart/form-data; boundary=b-1'],
    [undefined],
  ])('answers 415 for Content-Type %s', async (contentType) => {
    const response = await post(contentType, multipartBody([sliceOf(someIds())]));
    expect(response.status).toBe(415);
    expect(response.headers.get('Accept')).toContain('application/dicom');
  });

  it('answers 415 for another Content-Encoding than gzip, and says which there are', async () => {
    const response = await post('application/dicom', sliceOf(someIds()), { headers: { 'Content-Encoding': 'br' } });
    expect([response.status, response.headers.get('Accept-Encoding')]).toEqual([415, 'gzip, identity']);
  });

  it('answers 400 for no boundary, no part, no body and a study that is no UID', async () => {
    const file = sliceOf(someIds());
    const multipart = 'multipart/related; type="application/dicom"';
    expect((await post(multipart, multipartBody([file]))).status).toBe(400);
    expect((await post(`${multipart}; boundary=b-1`, Buffer.from('--b-1--\r\n'))).status).toBe(400);
    expect((await post(`${multipart}; boundary=b-1`, Buffer.from('no boundary here'))).status).toBe(400);
    expect((await post('application/dicom', Buffer.alloc(0))).status).toBe(400);
    expect((await post('application/dicom', file, { path: '/studies/abc' })).status).toBe(400);
  });

  it('answers 406 when the answer is wanted in a form that it has not', async () => {
    const ids = someIds();
    const response = await stowSingle(url, sliceOf(ids), { Accept: 'text/csv' });
    expect(response.status).toBe(406);
    expect((await get(`${url}${instancePath(ids)}`)).status).toBe(404);
  });
});

describe('Store of a SOP Instance UID again', () => {
  /** What is stored is in the catalogue by then; the chain's own height is looked at once a second. */
  const height = () => metric(url, 'dicom_ledger_follower_height');

  it('is success for the same bytes, and makes no block', async () => {
    const file = sliceOf(someIds());
    const first = await moduleOf(await stowSingle(url, file));
    const before = await height();
    const response = await stowSingle(url, file);
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Already-Stored')).toBe('1');
    expect(await moduleOf(response)).toEqual(first);
    expect(await height()).toBe(before);
  });

  it('is success for the same data set under another File Meta; the first bytes stay', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    const other = altered(file, 'UI\x06\x002.25.1', 'UI\x06\x002.25.9');
    expect(sha256(other)).not.toBe(sha256(file));
    expect((await stowSingle(url, file)).status).toBe(200);
    const before = await height();
    const response = await stowSingle(url, other);
    expect([response.status, response.headers.get('X-Already-Stored')]).toEqual([200, '1']);
    expect(await height()).toBe(before);
    expect(sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(file));
  });

  it('is 409 with 0x0111 for other content; the first stays', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    expect((await stowSingle(url, file)).status).toBe(200);
    const response = await stowSingle(url, altered(file, 'Muster^Erika', 'Muster^Erike'));
    expect(response.status).toBe(409);
    expect(items(await moduleOf(response), '00081198').map((item) => item['00081197']?.Value)).toEqual([[0x0111]]);
    expect(sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(file));
  });

  it('is one announcement when the same instance comes five times at once', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    const answers = await Promise.all(Array.from({ length: 5 }, () => stowSingle(url, file)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.filter(({ headers }) => headers.get('X-Already-Stored') === '1')).toHaveLength(4);
    const lines = await (await get(`${url}/ledger/instances`)).text();
    expect(lines.split(ids.instance)).toHaveLength(2);
  });

  it('is one announcement when it comes three times in one request', async () => {
    const file = sliceOf(someIds());
    const response = await stow(url, [file, file, file]);
    expect([response.status, response.headers.get('X-Already-Stored')]).toEqual([200, '2']);
    expect(items(await moduleOf(response), '00081199')).toHaveLength(3);
  });

  it('stores one of two different contents that come at once and refuses the other with 0x0111', async () => {
    const file = sliceOf(someIds());
    const answers = await Promise.all(
      [file, altered(file, 'Muster^Erika', 'Muster^Erike')].map((one) => stowSingle(url, one)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(failureReasons(await moduleOf(refused!))).toEqual([0x0111]);
  });

  it('is 409 with 0x0110 after retirement', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    expect((await stowSingle(url, file)).status).toBe(200);
    const retired = await fetch(`${url}/ledger/instances/${ids.instance}/retire`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ reason: 'wrong patient' }),
    });
    expect(retired.status).toBe(204);
    const response = await stowSingle(url, file);
    expect(response.status).toBe(409);
    expect(failureReasons(await moduleOf(response))).toEqual([0x0110]);
    expect((await get(`${url}${instancePath(ids)}`)).status).toBe(410);
  });
});

describe('Store with a warning', () => {
  it('is 202 with 0xB007 when (0002,0003) is not (0008,0018), which is the one that counts', async () => {
    const ids = someIds();
    const file = part10(
      {
        SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
        SOPInstanceUID: ids.instance,
        StudyInstanceUID: ids.study,
        SeriesInstanceUID: ids.series,
        PatientID: 'P-1',
      },
      { SOPInstanceUID: newUid() },
    );
    const response = await stowSingle(url, file);
    expect(response.status).toBe(202);
    const [item] = items(await moduleOf(response), '00081199');
    expect(item?.['00081155']?.Value).toEqual([ids.instance]);
    expect(item?.['00081196']?.Value).toEqual([0xb007]);
    const back = await get(`${url}${instancePath(ids)}`, stored);
    expect(back.status).toBe(200);
  });
});
