import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-accepted-'));
let server: RunningServer;
afterAll(async () => {
  await server.kill9();
  rmSync(dataFolder, { recursive: true, force: true });
});

/** The path of the receipt that an answer names. */
function receiptOf({ headers }: Response): string {
  const [, path = ''] =
    /^<http:\/\/[^/]+(\/ledger\/receipts\/[0-9a-f-]+)>; rel="status"$/.exec(headers.get('link') ?? '') ?? [];
  expect(path).not.toBe('');
  return path;
}

async function stateAt(receipt: string): Promise<string | undefined> {
  const { instances } = (await (await get(server.url + receipt)).json()) as { instances: { state: string }[] };
  expect(instances).toHaveLength(1);
  return instances[0]?.state;
}

describe('STORE_ACK=accepted', () => {
  it('keeps what was answered before any block, through kill -9 without one', async () => {
    server = await startServer({ dataFolder, env: { STORE_ACK: 'accepted', EMBEDDED_PERIOD_MS: '60000' } });
    const slices = Array.from({ length: 6 }, () => {
      const ids = { study: newUid(), series: newUid(), instance: newUid() };
      const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
      return { path: instancePath(ids), file: ctSlice(uids, { size: 200 }) };
    });
    const answers = await Promise.all(slices.map(({ file }) => stowSingle(server.url, file)));
    expect(answers.map(({ status }) => status)).toEqual(slices.map(() => 200));
    const receipts = answers.map((answer) => receiptOf(answer));
    expect(new Set(receipts).size).toBe(slices.length);
    for (const receipt of receipts) expect(['accepted', 'announced']).toContain(await stateAt(receipt));
    const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const uploaded = await fetch(`${server.url}/dicom-web/studies?PatientID=A-1&fileName=p.png&acquisition=20200131`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png' },
      body: new Uint8Array(picture),
    });
    expect(uploaded.status).toBe(200);
    receipts.push(receiptOf(uploaded));
    for (const { path } of slices) expect([404, 503]).toContain((await get(server.url + path, storedSingle)).status);
    await server.kill9();

    server = await startServer({ dataFolder });
    await until('an empty spool', async () => readdirSync(path.join(dataFolder, 'spool')).length === 0);
    for (const { path, file } of slices)
      expect(sha256(await bytesOf(await get(server.url + path, storedSingle)))).toBe(sha256(file));
    const back = await get(`${server.url}/dicom-web/patients/A-1/images/p.png`);
    expect(sha256(await bytesOf(back))).toBe(sha256(picture));
    const images = await (await get(`${server.url}/dicom-web/patients/A-1/images`)).json();
    expect(images).toMatchObject([{ name: 'p.png', acquisition: '20200131', state: 'sealed' }]);
    for (const receipt of receipts) expect(await stateAt(receipt)).toBe('final');
    expect((await get(`${server.url}/ledger/receipts/1b671a64-40d5-491e-99b0-da01ff1f3341`)).status).toBe(404);
  });
});
