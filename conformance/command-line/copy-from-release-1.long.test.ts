import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { beginWithRelease1 } from '../../src/ledger/testing/begin-with-release-1.js';
import { ENCRYPTED_SCHEME } from '../../src/secrecy/body.js';
import { type CommandResult, runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-copy-'));
const PatientID = newUid();
const [study, series] = [newUid(), newUid()];
const retired = newUid();
/** By UID; the largest is of several pieces on the chain. */
const slices = new Map(
  [16, 64, 300].map((size) => {
    const instance = newUid();
    const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
    const file = ctSlice(uids, { size });
    randomBytes(2 * size * size).copy(file, file.length - 2 * size * size);
    return [instance, file];
  }),
);

let uploads: Map<string, { type: string; bytes: Buffer }>;
let from: RunningServer;
let to: RunningServer;
let first: CommandResult;

/** What the ledger says of an instance, as far as it is looked at here. */
interface LedgerRecord {
  state: string;
  imageId: string;
  patientKey: string;
  sha256: string;
  StudyInstanceUID: string;
  body: { scheme: number; sha256: string };
}

const record = async ({ url }: RunningServer, uid: string): Promise<LedgerRecord> =>
  (await (await get(`${url}/ledger/instances/${uid}`)).json()) as LedgerRecord;

async function sealed({ url }: RunningServer): Promise<string[]> {
  const lines = (await (await get(`${url}/ledger/instances`)).text()).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { SOPInstanceUID: string }).SOPInstanceUID).sort();
}

const patient = `/dicom-web/patients/${encodeURIComponent(PatientID)}/images`;
const copy = (): Promise<CommandResult> => runCommand(['copy', '--from', from.url, '--to', to.url]);

beforeAll(async () => {
  const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 200, g: 90, b: 20 } } });
  uploads = new Map([
    ['scan.png', { type: 'image/png', bytes: await picture.clone().png().toBuffer() }],
    ['scan.jpg', { type: 'image/jpeg', bytes: await picture.clone().jpeg().toBuffer() }],
  ]);
  await beginWithRelease1(folder);
  [from, to] = await Promise.all([startServer({ dataFolder: folder }), startServer()]);
  const taken = ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: retired }, { size: 16 });
  for (const file of [...slices.values(), taken]) expect((await stowSingle(from.url, file)).status).toBe(200);
  for (const [fileName, { type, bytes }] of uploads) {
    const query = new URLSearchParams({ PatientID, fileName }).toString();
    const sent = { method: 'POST', headers: { 'Content-Type': type }, body: new Uint8Array(bytes) };
    expect((await fetch(`${from.url}/dicom-web/studies?${query}`, sent)).status).toBe(200);
  }
  expect((await runCommand(['retire', retired, '--reason', 'a test', '--url', from.url])).code).toBe(0);
  first = await copy();
}, 300_000);
afterAll(async () => {
  await Promise.all([from.stop(), to.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('dicom-ledger copy, from an archive that began with release 1 into one of release 2', () => {
  it('copies all that is sealed; what is retired stays behind', async () => {
    expect(first.stdout).toMatch(/^5 stored, 0 already there, 0 refused; /m);
    expect(first.code).toBe(0);
    expect(await sealed(to)).toEqual(await sealed(from));
    expect(await sealed(to)).toEqual(expect.arrayContaining([...slices.keys()]));
    expect(await record(from, retired)).toMatchObject({ state: 'retired' });
    expect((await get(`${to.url}/ledger/instances/${retired}`)).status).toBe(404);
    const gone = instancePath({ study, series, instance: retired });
    expect((await get(`${from.url}${gone}`, storedSingle)).status).toBe(410);
    expect((await get(`${to.url}${gone}`, storedSingle)).status).toBe(404);
  });

  it('gives DICOM objects and uploads the same bytes', async () => {
    for (const [instance, file] of slices) {
      const back = await get(`${to.url}${instancePath({ study, series, instance })}`, storedSingle);
      expect([back.status, sha256(await bytesOf(back))]).toEqual([200, sha256(file)]);
    }
    for (const [name, { type, bytes }] of uploads) {
      const back = await get(`${to.url}${patient}/${name}`);
      expect([back.status, back.headers.get('Content-Type')]).toEqual([200, type]);
      expect(sha256(await bytesOf(back))).toBe(sha256(bytes));
    }
  });

  it('encrypts on the way what lay open, under other names', async () => {
    for (const uid of await sealed(from)) {
      const [plain, encrypted] = [await record(from, uid), await record(to, uid)];
      const { StudyInstanceUID, sha256 } = plain;
      expect(plain.body.sha256).toBe(`0x${sha256}`);
      expect(encrypted).toMatchObject({ StudyInstanceUID, sha256, body: { scheme: ENCRYPTED_SCHEME } });
      for (const inClear of [plain.body.sha256, plain.imageId, plain.patientKey])
        expect([encrypted.body.sha256, encrypted.imageId, encrypted.patientKey]).not.toContain(inClear);
    }
  });

  it('has at the target what can be verified on the chain', async () => {
    const { code, stdout } = await runCommand(['verify', '--all', '--url', to.url]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^5 instances, .*: all intact\.$/m)]);
  });

  it('copies nothing the second time', async () => {
    expect(await copy()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0 stored, 5 already there, 0 refused; /m),
    });
  });
});
