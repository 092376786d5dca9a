import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  instancePath,
  items,
  multipartBody,
  sha256,
  storedSingle,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid, part10 } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let authorization: { Authorization?: string };
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  ({ url, authorization } = server);
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
          headers: {
            ...authorization,
            'Content-Type': contentType,
            'Content-Length': file.length,
            Expect: '100-continue',
          },
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
