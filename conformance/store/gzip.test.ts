import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { bytesOf, get, instancePath, multipartBody, sha256, storedSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const MAX_INSTANCE_BYTES = 1_000_000;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ env: { MAX_INSTANCE_BYTES: String(MAX_INSTANCE_BYTES) } });
});
afterAll(() => server.stop());

const post = (contentType: string, body: Buffer, coding = 'gzip') =>
  fetch(`${server.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': contentType, 'Content-Encoding': coding },
    body: new Uint8Array(body),
  });
const MULTIPART = 'multipart/related; type="application/dicom"; boundary=b-1';
const someIds = () => ({ study: newUid(), series: newUid(), instance: newUid() });
const sliceOf = ({ study, series, instance }: ReturnType<typeof someIds>): Buffer =>
  ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance }, { size: 32 });

describe('Store of a gzip body', () => {
  it.each(['gzip', 'x-gzip', 'GZIP'])('by Content-Encoding %s keeps the bytes that were packed', async (coding) => {
    const ids = someIds();
    expect((await post('application/dicom', gzipSync(sliceOf(ids)), coding)).status).toBe(200);
    const back = await get(`${server.url}${instancePath(ids)}`, storedSingle);
    expect(sha256(await bytesOf(back))).toBe(sha256(sliceOf(ids)));
  });

  it('takes a multipart', async () => {
    const all = [someIds(), someIds()];
    expect((await post(MULTIPART, gzipSync(multipartBody(all.map(sliceOf))))).status).toBe(200);
    for (const ids of all) expect((await get(`${server.url}${instancePath(ids)}`)).status).toBe(200);
  });

  it('is 400 for what is no gzip, and for one that is cut off', async () => {
    const packed = gzipSync(sliceOf(someIds()));
    expect((await post('application/dicom', sliceOf(someIds()))).status).toBe(400);
    expect((await post('application/dicom', packed.subarray(0, -20))).status).toBe(400);
  });

  it('is 413 for what inflates to more than MAX_INSTANCE_BYTES, and no less', async () => {
    const padded = (byteCount: number): Buffer => Buffer.concat([sliceOf(someIds()), Buffer.alloc(byteCount)]);
    const least = sliceOf(someIds()).length;
    expect((await post('application/dicom', gzipSync(padded(MAX_INSTANCE_BYTES - least)))).status).not.toBe(413);
    expect((await post('application/dicom', gzipSync(padded(MAX_INSTANCE_BYTES - least + 1)))).status).toBe(413);
    expect((await post(MULTIPART, gzipSync(Buffer.alloc(MAX_INSTANCE_BYTES + 1)))).status).toBe(413);
  });
});
