import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chainPreviews } from '../testing/chain-previews.js';
import { bytesOf, type DataSet, instancePath, sha256, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { chestLikeJpeg, ctSeries } from './testing/viewer-images.js';
import {
  canvasPixels,
  filterInput,
  openViewer,
  rows,
  shownThumbnails,
  studyRow,
  viewportText,
  type Viewer,
} from './testing/viewer-page.js';

const slices = 30;
const ct = ctSeries({ count: slices, PatientID: 'VIEW-CT-1', PatientName: [{ Alphabetic: 'Viewer^Anna' }] });
const xrayPatient = 'VIEW-XR-2';

let folder: string;
let server: RunningServer;
let viewer: Viewer;
let page: Page;
let onChain: string[];

const start = () => startServer({ dataFolder: path.join(folder, 'data') });

/** Both return the study's UID. */
async function storeImage(PatientID: string, fileName: string, bytes: Uint8Array): Promise<string> {
  const form = new FormData();
  form.set('acquisition', '20200131');
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), fileName);
  const response = await fetch(`${server.url}/dicom-web/patients/${PatientID}/images`, { method: 'POST', body: form });
  expect(response.status).toBe(200);
  const [stored] = (await response.json()) as { StudyInstanceUID: string }[];
  return stored?.StudyInstanceUID ?? '';
}

async function storeDicom(parts: Buffer[]): Promise<string> {
  const response = await stow(server.url, parts);
  expect(response.status).toBe(200);
  const { '00081190': studyUrl } = (await response.json()) as DataSet;
  return String(studyUrl?.Value?.[0]).split('/').at(-1) ?? '';
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-viewer-'));
  server = await start();
  await storeDicom(ct.files);
  await storeImage(xrayPatient, 'thorax.jpg', await chestLikeJpeg());
  await server.stop();
  const previews = await chainPreviews({ dataFolder: server.dataFolder, count: slices + 1 });
  onChain = previews.map(sha256);
  server = await start();
  viewer = await openViewer(server.url);
  page = viewer.page;
});

beforeEach(async () => {
  viewer.faults.length = 0;
  await page.goto(`${server.url}/`);
  await studyRow(page, 'VIEW-CT-1').waitFor();
});

afterEach(() => {
  expect(viewer.faults).toEqual([]);
});

afterAll(async () => {
  await viewer?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the viewer', () => {
  it('lists the studies, the newest first', async () => {
    await studyRow(page, xrayPatient).waitFor();
    const texts = await rows(page).allInnerTexts();
    expect(texts.map((text) => /VIEW-(CT|XR)-\d/.exec(text)?.[0])).toEqual(['VIEW-CT-1', xrayPatient]);
    expect(texts[0]).toContain('Viewer, Anna');
    expect(texts[0]).toContain('Chest without contrast');
    expect(texts[0]).toMatch(/\bCT\b[^]*\b30\b/);
  });

  it.each<[string, number, string]>([
    ['name', 0, 'anna'],
    ['patient ID', 1, 'CT-1'],
  ])('narrows the list by %s', async (_column, column, text) => {
    await studyRow(page, xrayPatient).waitFor();
    await filterInput(page, column).fill(text);
    await studyRow(page, xrayPatient).waitFor({ state: 'detached' });
    expect(await rows(page).count()).toBe(1);
    await studyRow(page, 'VIEW-CT-1').waitFor();
  });

  it('shows previews beside the list that are those on the chain, byte by byte', async () => {
    await studyRow(page, 'VIEW-CT-1').click();
    const [shown] = await shownThumbnails(page, 1);
    const { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUIDs } = ct;
    const middle = instancePath({ study, series, instance: SOPInstanceUIDs[slices / 2] ?? '' });
    const served = await fetch(`${server.url}${middle}/thumbnail`);
    expect(sha256(shown!)).toBe(sha256(await bytesOf(served)));
    expect(new Set(onChain).size).toBe(slices + 1);
    expect(onChain).toContain(sha256(shown!));
  });

  it('opens a CT series, with the stored preview as its thumbnail, and goes through its slices', async () => {
    await studyRow(page, 'VIEW-CT-1').dblclick();
    await page.waitForURL(/\/viewer\?StudyInstanceUIDs=/);
    const first = await canvasPixels(page);
    expect(first.lit).toBeGreaterThan(0.1);
    await viewportText(page, '(1/30)');
    const [shown] = await shownThumbnails(page, 1);
    expect(onChain).toContain(sha256(shown!));
    await page.locator('[data-cy="viewport-pane"]').hover();
    await page.mouse.wheel(0, 100);
    await viewportText(page, '(2/30)');
  });

  it('opens an uploaded JPG', async () => {
    await studyRow(page, xrayPatient).dblclick();
    await page.waitForURL(/\/viewer\?StudyInstanceUIDs=/);
    const pixels = await canvasPixels(page);
    expect(pixels.lit).toBeGreaterThan(0.1);
    const [shown] = await shownThumbnails(page, 1);
    expect(onChain).toContain(sha256(shown!));
  });

  it('lists a study without modality, name, date and description among the others', async () => {
    const bare = { PatientName: [], StudyDate: '', StudyTime: '', StudyDescription: '', Modality: '' };
    const PatientID = `VIEW-BARE-${newUid().slice(-6)}`;
    await storeDicom([ctSlice({ ...bare, PatientID })]);
    await page.reload();
    await studyRow(page, PatientID).waitFor();
  });

  it('stores a file by its upload dialog, and lists it then', async () => {
    const PatientID = `VIEW-UP-${newUid().slice(-6)}`;
    const SOPInstanceUID = newUid();
    const bytes = ctSlice({ SOPInstanceUID, PatientID, PatientName: [{ Alphabetic: 'Upload^Ulla' }] });
    const file = path.join(folder, 'upload.dcm');
    await writeFile(file, bytes);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.locator('[role=dialog] input[type=file]').first().setInputFiles(file);
    await page.getByText('Completed!').waitFor();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await studyRow(page, PatientID).waitFor();
    const record = await fetch(`${server.url}/ledger/instances/${SOPInstanceUID}`);
    expect(await record.json()).toMatchObject({ state: 'sealed', sha256: sha256(bytes), byteCount: bytes.length });
  });
});

const realImages = fileURLToPath(new URL('../../../shared/data', import.meta.url));

if (existsSync(realImages))
  describe('the viewer with real images', () => {
    it('opens an MR series of 40 slices', async () => {
      const folder = path.join(realImages, 'dicom/mr-structural');
      const names = (await readdir(folder)).filter((name) => name.endsWith('.dcm')).sort();
      const files = await Promise.all(names.slice(70, 110).map((name) => readFile(path.join(folder, name))));
      await opens(await storeDicom(files), '(1/40)');
    });

    it('opens a chest X-ray', async () => {
      const bytes = await readFile(path.join(realImages, 'chest-xray/images/00870a9c.jpg'));
      await opens(await storeImage('VIEW-REAL-3', '00870a9c.jpg', bytes));
    });

    async function opens(StudyInstanceUID: string, position?: string): Promise<void> {
      await page.goto(`${server.url}/viewer?StudyInstanceUIDs=${StudyInstanceUID}`);
      if (position !== undefined) await viewportText(page, position);
      expect((await canvasPixels(page, { colours: 50 })).lit).toBeGreaterThan(0.1);
      const [shown] = await shownThumbnails(page, 1);
      const served = await fetch(`${server.url}/dicom-web/studies/${StudyInstanceUID}/thumbnail`);
      expect(sha256(shown!)).toBe(sha256(await bytesOf(served)));
    }
  });
