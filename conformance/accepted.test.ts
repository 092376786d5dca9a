import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from './dicomweb-client.js';
import { ctSlice, newUid } from './make-dicom.js';
import { type RunningServer, startServer } from './server.js';
import { until } from './until.js';

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-accepted-'));
let server: RunningServer;
afterAll(async () => {
  await server.kill9();
  rmSync(dataFolder, { recursive: true, force: true });
});

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
    const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const uploaded = await fetch(`${server.url}/dicom-web/studies?PatientID=A-1&fileName=p.png&acquisition=20200131`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png' },
      body: new Uint8Array(picture),
    });
    expect(uploaded.status).toBe(200);
    for (const { path } of slices) expect([404, 503]).toContain((await get(server.url + path, storedSingle)).status);
    await server.kill9();

    server = await startServer({ dataFolder });
    await until(async () => readdirSync(path.join(dataFolder, 'spool')).length === 0);
    for (const { path, file } of slices)
      expect(sha256(await bytesOf(await get(server.url + path, storedSingle)))).toBe(sha256(file));
    const back = await get(`${server.url}/dicom-web/patients/A-1/images/p.png`);
    expect(sha256(await bytesOf(back))).toBe(sha256(picture));
    const images = await (await get(`${server.url}/dicom-web/patients/A-1/images`)).json();
    expect(images).toMatchObject([{ name: 'p.png', acquisition: '20200131', state: 'sealed' }]);
  });
});
