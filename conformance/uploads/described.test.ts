import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { localTokenFile } from '../../src/access/local-token.js';
import { type DataSet, get } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';

let server: RunningServer;
let folder: string;
beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(path.join(tmpdir(), 'described-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

let shade = 0;
/** One that nobody else has stored. */
const png = (): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 10, channels: 3, background: { r: ++shade, g: 0, b: 0 } } })
    .png()
    .toBuffer();

async function post(query: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/dicom-web/studies?${new URLSearchParams(query).toString()}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: new Uint8Array(await png()),
  });
}

/** The only study of a patient, as a list of studies shows it. */
async function studyOf(PatientID: string): Promise<DataSet> {
  const found = await get(`${server.url}/dicom-web/studies?PatientID=${PatientID}&includefield=00081030`);
  const [study] = (await found.json()) as DataSet[];
  return study!;
}
const firstOf = (dataSet: DataSet, tag: string): unknown => dataSet[tag]?.Value?.[0];

const said = {
  PatientName: 'Muster^Erika',
  PatientSex: 'female',
  PatientBirthDate: '1970-01-02',
  Modality: 'dx',
  StudyDescription: 'Chest, for training',
  BodyPartExamined: 'CHEST',
};

describe('An image that is described', () => {
  it('by the query shows it in lists and in the metadata', async () => {
    const response = await post({ PatientID: 'D-1', ...said });
    expect([response.status, response.headers.get('Warning')]).toEqual([200, null]);
    const study = await studyOf('D-1');
    expect(firstOf(study, '00100010')).toEqual({ Alphabetic: 'Muster^Erika' });
    expect(['00100030', '00100040', '00080061', '00081030'].map((tag) => firstOf(study, tag))).toEqual([
      '19700102',
      'F',
      'DX',
      'Chest, for training',
    ]);
    const metadata = await get(`${server.url}/dicom-web/studies/${String(firstOf(study, '0020000D'))}/metadata`);
    const [instance] = (await metadata.json()) as DataSet[];
    expect(firstOf(instance!, '00180015')).toBe('CHEST');
  });

  it('by no name shows the PatientID in its place', async () => {
    expect((await post({ PatientID: 'D-2' })).status).toBe(200);
    expect(firstOf(await studyOf('D-2'), '00100010')).toEqual({ Alphabetic: 'D-2' });
  });

  it('by fields of a form shows them', async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(said)) form.append(name, value);
    form.append('files', new Blob([new Uint8Array(await png())], { type: 'image/png' }), 'a.png');
    const target = `${server.url}/dicom-web/patients/D-3/images`;
    expect((await fetch(target, { method: 'POST', body: form })).status).toBe(200);
    expect(firstOf(await studyOf('D-3'), '00100010')).toEqual({ Alphabetic: 'Muster^Erika' });
  });

  it.each([
    ['PatientSex', 'unknown'],
    ['PatientBirthDate', '1970'],
    ['PatientBirthDate', '19701301'],
    ['Modality', 'a modality of many words'],
    ['PatientName', 'x'.repeat(65)],
  ])('by %s %s is 400, which does not repeat it', async (name, value) => {
    const response = await post({ PatientID: 'D-4', [name]: value });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).not.toContain(value);
  });

  it('by keys that nobody knows is stored, with a Warning that names them', async () => {
    const response = await post({ PatientID: 'D-5', PatientNam: 'Muster', Modality: 'CT' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Warning')).toMatch(/ignored: PatientNam"$/);
    const form = new FormData();
    form.append('Modalty', 'CT');
    form.append('files', new Blob([new Uint8Array(await png())], { type: 'image/png' }), 'a.png');
    const answer = await fetch(`${server.url}/dicom-web/patients/D-5/images`, { method: 'POST', body: form });
    expect([answer.status, answer.headers.get('Warning')]).toEqual([200, expect.stringMatching(/ignored: Modalty"$/)]);
  });

  it('by a metadata.csv and by options of the command line', async () => {
    await writeFile(path.join(folder, 'one.png'), await png());
    await writeFile(path.join(folder, 'two.png'), await png());
    await writeFile(
      path.join(folder, 'metadata.csv'),
      'patientid,offset,sex,age,finding,view,modality,date,location,filename\n' +
        'C-1,,F,60,Pneumocystis,PA,X-ray,2007,"Melbourne, Australia",one.png\n' +
        'C-2,,,,,PA,CT,2010,,two.png\n',
    );
    const program = [path.resolve('dist/cli/main.js'), 'store', folder, '--url', server.url];
    const token = ['--token-file', localTokenFile(server.dataFolder)];
    await promisify(execFile)(process.execPath, [...program, ...token, '--body-part', 'chest']);
    const [first, second] = [await studyOf('C-1'), await studyOf('C-2')];
    expect(['00100040', '00080061', '00081030'].map((tag) => firstOf(first, tag))).toEqual(['F', 'DX', 'Pneumocystis']);
    expect(['00100040', '00080061', '00081030'].map((tag) => firstOf(second, tag))).toEqual([
      undefined,
      'CT',
      undefined,
    ]);
  });
});
