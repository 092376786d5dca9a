import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
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
} from './dicomweb-client.js';
import { ctSlice, newUid, part10 } from './make-dicom.js';
import { serverUnderTest } from './server.js';

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

describe('Store of a single part', () => {
  it('answers 200 with Location and the Store Instances Response Module, and gives the same bytes back', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    const response = await stowSingle(url, file);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/dicom\+json/);
    const study = `${url}/dicom-web/studies/${ids.study}`;
    expect(response.headers.get('Location')).toBe(study);
    const module = await moduleOf(response);
    expect(module).toEqual({
      '00081190': { vr: 'UR', Value: [study] },
      '00081199': {
        vr: 'SQ',
        Value: [
          {
            '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
            '00081155': { vr: 'UI', Value: [ids.instance] },
            '00081190': { vr: 'UR', Value: [`${url}${instancePath(ids)}`] },
          },
        ],
      },
    });
    const back = await get(`${url}${instancePath(ids)}`, storedSingle);
    expect(sha256(await bytesOf(back))).toBe(sha256(file));
  });

  it('takes a chunked body', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    const response = await fetch(`${url}/dicom-web/studies/${ids.study}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom' },
      body: new Blob([new Uint8Array(file)]).stream(),
      duplex: 'half',
    });
    expect(response.status).toBe(200);
    expect(sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(file));
  });

  it('sends 100 Continue before the body to whoever waits for it, and 415 without it', async () => {
    const attempt = (contentType: string) =>
      new Promise<{ continued: boolean; status: number }>((resolve, reject) => {
        const file = sliceOf(someIds());
        let continued = false;
        const request = httpRequest(`${url}/dicom-web/studies`, {
          method: 'POST',
          headers: { 'Content-Type': contentType, 'Content-Length': file.length, Expect: '100-continue' },
        });
        request.on('continue', () => {
          continued = true;
          request.end(file);
        });
        request.on('response', (response) => {
          response.resume();
          response.on('end', () => resolve({ continued, status: response.statusCode ?? 0 }));
          if (!continued) request.destroy();
          if (!continued) resolve({ continued, status: response.statusCode ?? 0 });
        });
        request.on('error', reject);
        request.flushHeaders();
      });
    expect(await attempt('application/dicom')).toEqual({ continued: true, status: 200 });
    expect(await attempt('text/plain')).toEqual({ continued: false, status: 415 });
  });
});

describe('Store of a multipart request', () => {
  const forms: [string, { contentType: string; start?: string; end?: string; eol?: string; boundary?: string }][] = [
    ['with quoted parameters', { contentType: 'multipart/related; type="application/dicom"; boundary="b-1"' }],
    ['with unquoted parameters', { contentType: 'multipart/related; type=application/dicom; boundary=b-1' }],
    ['in upper case', { contentType: 'Multipart/Related; Type="Application/DICOM"; Boundary="b-1"' }],
    ['without a type', { contentType: 'multipart/related; boundary=b-1' }],
    [
      'that begins with CRLF',
      { contentType: 'multipart/related; type="application/dicom"; boundary=b-1', start: '\r\n' },
    ],
    [
      'with a preamble',
      { contentType: 'multipart/related; type="application/dicom"; boundary=b-1', start: 'hello\r\n' },
    ],
    ['without a final CRLF', { contentType: 'multipart/related; type="application/dicom"; boundary=b-1', end: '' }],
    ['with an epilogue', { contentType: 'multipart/related; type="application/dicom"; boundary=b-1', end: '\r\nbye' }],
    [
      'with lines that end in LF',
      { contentType: 'multipart/related; type="application/dicom"; boundary=b-1', eol: '\n' },
    ],
    [
      'with a boundary of 70 characters',
      {
        contentType: `multipart/related; type="application/dicom"; boundary="${"a'()+_,-./:=?".repeat(5)}12345"`,
        boundary: `${"a'()+_,-./:=?".repeat(5)}12345`,
      },
    ],
  ];

  it.each(forms)('takes a body %s', async (_name, { contentType, ...form }) => {
    const [first, second] = [someIds(), someIds()];
    const files = [sliceOf(first), sliceOf(second)];
    const response = await fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': contentType },
      body: new Uint8Array(multipartBody(files, form)),
    });
    const module = await moduleOf(response);
    expect(response.status).toBe(200);
    expect(items(module, '00081199').map((item) => item['00081155']?.Value)).toEqual([
      [first.instance],
      [second.instance],
    ]);
    // Two studies: none is the Retrieve URL of all.
    expect(module['00081190']).toEqual({ vr: 'UR' });
    expect(sha256(await bytesOf(await get(`${url}${instancePath(second)}`, storedSingle)))).toBe(sha256(files[1]!));
  });

  it('takes a chunked body whose chunks end within the delimiters', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    const body = multipartBody([file]);
    const chunks = [
      body.subarray(0, 3),
      body.subarray(3, 20),
      body.subarray(20, -6),
      body.subarray(-6, -3),
      body.subarray(-3),
    ];
    const response = await fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b-1' },
      body: new ReadableStream({
        start: (controller) => {
          for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
          controller.close();
        },
      }),
      duplex: 'half',
    });
    expect(response.status).toBe(200);
    expect(sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle)))).toBe(sha256(file));
  });

  it('answers in XML when asked to', async () => {
    const ids = someIds();
    const response = await fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: {
        'Content-Type': 'multipart/related; type="application/dicom"; boundary=b-1',
        Accept: 'application/dicom+xml',
      },
      body: new Uint8Array(multipartBody([sliceOf(ids), garbage])),
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/dicom\+xml/);
    const text = await response.text();
    expect(text).toContain('<DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence">');
    expect(text).toContain(`<Value number="1">${ids.instance}</Value>`);
    expect(text).toContain(
      '<DicomAttribute tag="00081197" vr="US" keyword="FailureReason"><Value number="1">49152</Value>',
    );
  });

  it('gives each part its own fate and answers in the order of the parts', async () => {
    const [first, second, third] = [someIds(), someIds(), someIds()];
    const withoutStudy = part10(
      { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', SOPInstanceUID: second.instance, SeriesInstanceUID: second.series },
      { SOPInstanceUID: second.instance },
    );
    const response = await stow(url, [sliceOf(third), withoutStudy, garbage, sliceOf(first)]);
    expect(response.status).toBe(202);
    const module = await moduleOf(response);
    expect(items(module, '00081199').map((item) => item['00081155']?.Value?.[0])).toEqual([
      third.instance,
      first.instance,
    ]);
    expect(items(module, '00081198')).toEqual([
      {
        '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
        '00081155': { vr: 'UI', Value: [second.instance] },
        '00081197': { vr: 'US', Value: [0xa900] },
      },
    ]);
    expect(items(module, '0008119A')).toEqual([{ '00081197': { vr: 'US', Value: [0xc000] } }]);
    expect(response.headers.get('Warning')).toMatch(/^299 \S+ "A900 \(part 2\): .*C000 \(part 3\): /);
  });

  it('stores what came whole before a body that is cut off', async () => {
    const ids = someIds();
    const whole = multipartBody([sliceOf(ids), sliceOf(someIds())]);
    const response = await fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b-1' },
      body: new Uint8Array(whole.subarray(0, whole.length - 500)),
    });
    expect(response.status).toBe(202);
    const module = await moduleOf(response);
    expect(items(module, '00081199').map((item) => item['00081155']?.Value?.[0])).toEqual([ids.instance]);
    expect(failureReasons(module)).toEqual([0xc000]);
  });

  it('keeps nothing of a client that goes away within the only part, and goes on', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/dicom', 'Content-Length': file.length },
      });
      request.on('error', () => undefined);
      request.on('close', () => resolve());
      request.write(file.subarray(0, 1000), () => request.destroy());
    });
    expect((await get(`${url}${instancePath(ids)}`)).status).toBe(404);
    expect((await stowSingle(url, file)).status).toBe(200);
  });
});

describe('Store that is refused', () => {
  const post = (contentType: string | undefined, body: Uint8Array, { path = '/studies', headers = {} } = {}) =>
    fetch(`${url}/dicom-web${path}`, {
      method: 'POST',
      headers: { ...(contentType === undefined ? {} : { 'Content-Type': contentType }), ...headers },
      body: new Uint8Array(body),
    });

  it('answers 400 with 0xC000 in Other Failures when nothing can be understood', async () => {
    for (const parts of [[garbage], [garbage, Buffer.alloc(0)], [sliceOf(someIds()).subarray(132)]]) {
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
    ['multipart/related; type="application/dicom+json"; boundary=b-1'],
    ['multipart/form-data; boundary=b-1'],
    [undefined],
  ])('answers 415 for Content-Type %s', async (contentType) => {
    const response = await post(contentType, multipartBody([sliceOf(someIds())]));
    expect(response.status).toBe(415);
    expect(response.headers.get('Accept')).toContain('application/dicom');
  });

  it('answers 415 for a Content-Encoding', async () => {
    const response = await post('application/dicom', sliceOf(someIds()), { headers: { 'Content-Encoding': 'gzip' } });
    expect(response.status).toBe(415);
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
  const height = () => metric(url, 'dicom_ledger_chain_height');

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
