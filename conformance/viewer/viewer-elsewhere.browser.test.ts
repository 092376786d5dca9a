import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page, Request } from 'playwright-core';
import sharp from 'sharp';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, sha256, stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { serveViewerElsewhere, type ViewerElsewhere } from './testing/serve-viewer-elsewhere.js';
import { ctSeries } from './testing/viewer-images.js';
import { untilAlike } from './testing/viewer-likeness.js';
import {
  canvasPixels,
  loginLinkOf,
  openBrowser,
  shownThumbnails,
  studyRow,
  viewportText,
  type Viewer,
} from './testing/viewer-page.js';
import { document, moving, pdf } from './testing/viewer-samples.js';

const OWN = 'my own words 4711';
const PATIENT = 'ELSEWHERE-CT-1';
const ct = ctSeries({ count: 5, PatientID: PATIENT, PatientName: [{ Alphabetic: 'Elsewhere^Ella' }] });

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-elsewhere-'));

let elsewhere: ViewerElsewhere;
let server: RunningServer;
let archive: string;
let browser: Viewer;
let page: Page;
let initial: string;
/** What the viewer asked of the DICOMweb root. */
const asked: Request[] = [];

async function account(...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['account', ...parameters], { DATA_DIR: dataFolder });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

beforeAll(async () => {
  elsewhere = await serveViewerElsewhere();
  initial = await account('new', 'ada', '--roles', 'read');
  const env = { ACCOUNTS: 'on', ACCOUNTS_VIEWERS: `${elsewhere.url}/callback`, CORS_ORIGINS: elsewhere.url };
  server = await startServer({ dataFolder, env });
  expect((await stow(server.url, ct.files)).status).toBe(200);
  archive = server.url.replace('127.0.0.1', 'localhost');
  elsewhere.configureFor(archive);
  browser = await openBrowser([archive, elsewhere.url]);
  page = browser.page;
  page.on('request', (request) => {
    if (request.url().startsWith(`${archive}/dicom-web`)) asked.push(request);
  });
});

afterEach(() => {
  expect(browser.faults).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await elsewhere?.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

/** Opens a page of the viewer, which leads to the login; logs in. OHIF forgets who one is with each page that is loaded. */
async function open(target: string): Promise<void> {
  await page.goto(`${elsewhere.url}${target}`);
  await page.waitForURL(`${archive}/login/password/*`);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(OWN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL(`${elsewhere.url}${target}`);
}

const openStudy = (study: string): Promise<void> => open(`/viewer?StudyInstanceUIDs=${study}`);

describe('A viewer elsewhere', () => {
  it('leads to the login here, reads nothing before it, and lists the studies after it', async () => {
    await page.goto(`${elsewhere.url}/`);
    await page.waitForURL(`${archive}/login/password/*`);
    await page.getByText(`You will be logged in at ${elsewhere.url}`).waitFor();
    expect(asked).toEqual([]);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(initial);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByLabel('Password from before').fill(initial);
    await page.getByLabel('New password').fill(OWN);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${elsewhere.url}/`);
    await studyRow(page, PATIENT).waitFor();
  });

  it('shows the stored previews and the images', async () => {
    await studyRow(page, PATIENT).dblclick();
    await page.waitForURL(/\/viewer\?StudyInstanceUIDs=/);
    expect((await canvasPixels(page)).lit).toBeGreaterThan(0.1);
    await viewportText(page, '(1/5)');
    const [shown] = await shownThumbnails(page, 1);
    const stored = await fetch(`${server.url}/dicom-web/studies/${ct.StudyInstanceUID}/thumbnail`);
    expect(sha256(shown!)).toBe(sha256(await bytesOf(stored)));
  });

  it('plays a video', async () => {
    const video = moving();
    expect((await stow(server.url, [video.bytes])).status).toBe(200);
    await openStudy(video.study);
    const square = { create: { width: 40, height: 40, channels: 3 as const, background: '#dcb428' } };
    const first = sharp({ create: { width: 160, height: 120, channels: 3, background: '#3c3c3c' } });
    const picture = await first
      .composite([{ input: square, left: 0, top: 40 }])
      .png()
      .toBuffer();
    await untilAlike(page, { picture, faults: browser.faults });
  });

  it('shows a PDF', async () => {
    const report = document();
    expect((await stow(server.url, [report.bytes])).status).toBe(200);
    await openStudy(report.study);
    const shown = page.locator('[data-cy="viewport-pane"] object[type="application/pdf"]');
    await shown.waitFor();
    const bytes = await shown.evaluate(async (object: { data: string }) => [
      ...new Uint8Array(await (await fetch(object.data)).arrayBuffer()),
    ]);
    expect(Buffer.from(bytes).toString('latin1').trimEnd()).toBe(pdf.toString('latin1').trimEnd());
  });

  it('reads by its token alone: a session here is no use to it', async () => {
    await page.goto((await loginLinkOf(server.url)).replace(server.url, archive));
    expect((await page.request.get(`${archive}/dicom-web/studies`)).status()).toBe(200);
    asked.length = 0;
    await open('/');
    await studyRow(page, PATIENT).waitFor();
    const gets = asked.filter((request) => request.method() === 'GET');
    expect(gets.length).toBeGreaterThan(0);
    for (const request of gets) {
      const { authorization, cookie } = await request.allHeaders();
      expect([request.url(), authorization?.slice(0, 9), cookie]).toEqual([request.url(), 'Bearer ey', undefined]);
    }
    expect(browser.faults).toEqual([]);
    const without = (credentials: 'include' | 'omit'): Promise<number | string> =>
      page.evaluate(
        ([url, mode]) =>
          fetch(url, { credentials: mode }).then(
            ({ status: answered }) => answered,
            (failure: Error) => failure.name,
          ),
        [`${archive}/dicom-web/studies`, credentials] as const,
      );
    expect([await without('omit'), await without('include')]).toEqual([401, 'TypeError']);
    // The browser writes both on the console.
    browser.faults.length = 0;
  });

  it('leads to the login again when its token holds no longer', async () => {
    await account('disable', 'ada');
    // Once: it asks for the series. A second click would lead the viewer to the study while it goes to the login.
    await studyRow(page, PATIENT).click();
    await page.waitForURL(`${archive}/login/password/*`);
    // The browser writes the 401 on the console.
    browser.faults.length = 0;
  });
});
