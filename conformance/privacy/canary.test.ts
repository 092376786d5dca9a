import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { instancePath, stow, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

/** Stands in every attribute of the files that says who the patient is, and in nothing else. */
const CANARY = 'Kanarienvogel';
const PATIENT = {
  PatientName: [{ Alphabetic: `${CANARY}^Erika` }],
  PatientID: `${CANARY}-1`,
  OtherPatientIDs: `${CANARY}-2`,
  PatientAddress: `${CANARY} Street 1`,
  PatientComments: `${CANARY} has a cough`,
  ReferringPhysicianName: [{ Alphabetic: `${CANARY}^Doctor` }],
  AccessionNumber: CANARY,
};

const FILES = 50;
const MAX_INSTANCE_BYTES = 64 * 1024;

let server: RunningServer;
const problems: { status: number; text: string; headers: string }[] = [];

/** Asks, and keeps what is no success. */
async function ask(path: string, init: RequestInit = {}): Promise<number> {
  return keep(await fetch(`${server.url}${path}`, init));
}

async function keep(response: Response): Promise<number> {
  const [status, text] = [response.status, await response.text()];
  const headers = [...response.headers].map((pair) => pair.join(': ')).join('\n');
  if (status >= 400) problems.push({ status, text, headers });
  return status;
}

const newIds = () => ({ study: newUid(), series: newUid(), instance: newUid() });
const fileOf = (ids: ReturnType<typeof newIds>, over: object = {}, size = 16): Buffer =>
  ctSlice(
    { ...PATIENT, StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance, ...over },
    { size },
  );

/** Writes the name over a value wherever it stands in a file. */
function replaced(file: Buffer, value: string): Buffer {
  const written = CANARY.repeat(5).slice(0, value.length);
  return Buffer.from(file.toString('latin1').replaceAll(value, written), 'latin1');
}

/** Breaks the length of the pixel data, so that no frame of it can be shown. */
function withoutPixels(file: Buffer): Buffer {
  return file.subarray(0, file.length - 200);
}

describe('The name of a patient', () => {
  const stored = Array.from({ length: FILES }, newIds);

  beforeAll(async () => {
    server = await startServer({ env: { LOG_LEVEL: 'trace', MAX_INSTANCE_BYTES: String(MAX_INSTANCE_BYTES) } });
    await Promise.all(stored.map((ids) => stowSingle(server.url, fileOf(ids))));
  });
  afterAll(() => server.stop());

  it('is found by whoever searches for it, in every file that was stored', async () => {
    const found = await fetch(`${server.url}/dicom-web/instances?PatientName=${CANARY}*&limit=100`);
    const text = await found.text();
    expect([found.status, text.split(CANARY).length > FILES]).toEqual([200, true]);
  });

  it('stands in no answer to a request that fails', async () => {
    const [first, second, third] = stored as [(typeof stored)[0], (typeof stored)[0], (typeof stored)[0]];
    const at = instancePath(first);
    const name = encodeURIComponent(`${CANARY}^Erika`);
    expect(await ask(`${at}/frames/x`)).toBe(400);
    expect(await ask(`/dicom-web/studies?PatientName=${name}&limit=many`)).toBe(400);
    expect(await ask('/dicom-web/studies', { headers: { Authorization: '' } })).toBe(401);
    expect(await ask(`/dicom-web/studies?PatientName=${name}`, { headers: { Authorization: 'Bearer wrong' } })).toBe(
      401,
    );
    expect(await ask(instancePath(newIds()))).toBe(404);
    expect(await ask(`/dicom-web/patients/${CANARY}-1/images/none`)).toBe(404);
    expect(await ask(at, { method: 'PUT' })).toBe(405);
    expect(await ask(at, { headers: { Accept: 'image/tiff' } })).toBe(406);
    expect(
      await ask(`${at}/frames/1`, { headers: { Accept: 'application/octet-stream; transfer-syntax=1.2.3' } }),
    ).toBe(406);
    expect(await keep(await stowSingle(server.url, fileOf(first, { PatientID: `${CANARY}-3` })))).toBe(409);
    expect(await keep(await stow(server.url, [fileOf(newIds())], { study: newUid() }))).toBe(409);
    expect(await keep(await stowSingle(server.url, fileOf(newIds(), {}, 256)))).toBe(413);
    expect(await ask('/dicom-web/studies', { method: 'POST', body: new Uint8Array(fileOf(newIds())) })).toBe(415);
    expect(
      await ask(`/dicom-web/studies?PatientID=${CANARY}`, {
        method: 'POST',
        body: CANARY,
        headers: { 'Content-Type': 'image/png' },
      }),
    ).toBe(400);
    expect(
      await ask(at, { headers: { Range: 'bytes=999999999-', Accept: 'application/dicom; transfer-syntax=*' } }),
    ).toBe(416);
    expect(await ask(`${at}/rendered3D`)).toBe(501);
    for (const keyword of ['study', 'series', 'instance'] as const) {
      const ids = newIds();
      await keep(await stowSingle(server.url, replaced(fileOf(ids), ids[keyword])));
    }
    for (const value of ['20240229', '101500', '1.2.840.10008.5.1.4.1.1.2'])
      await keep(await stowSingle(server.url, replaced(fileOf(newIds()), value)));
    await keep(await stowSingle(server.url, withoutPixels(fileOf(newIds()))));
    await keep(await stowSingle(server.url, fileOf(newIds()).subarray(0, 400)));
    await ask(`/ledger/instances/${second.instance}/retire`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"reason":',
    });
    expect(await ask(instancePath(third), { method: 'DELETE' })).toBe(204);
    expect(await ask(instancePath(third))).toBe(410);

    expect(new Set(problems.map(({ status }) => status)).size).toBeGreaterThanOrEqual(11);
    expect(problems.filter(({ text, headers }) => `${headers}\n${text}`.includes(CANARY))).toEqual([]);
  });

  it('stands in no metrics and in no line of the log', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('dicom_ledger_http_request_seconds');
    expect(metrics).not.toContain(CANARY);
    const lines = server.output().split('\n');
    expect(lines.filter((line) => line.includes('"answered"')).length).toBeGreaterThan(FILES);
    expect(lines.filter((line) => line.includes(CANARY))).toEqual([]);
  });
});
