import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { runCommand } from '../testing/command-line.js';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { ctSeries } from '../viewer/testing/viewer-images.js';
import { canvasPixels, shownThumbnails, studyRow } from '../viewer/testing/viewer-page.js';

const ct = ctSeries({ count: 3, PatientID: 'LOGIN-CT-1', PatientName: [{ Alphabetic: 'Login^Lara' }] });

let server: RunningServer;
let profile: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  server = await startServer();
  expect((await stow(server.url, ct.files)).status).toBe(200);
  profile = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-chromium-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1600, height: 900 },
    args: ['--no-sandbox'],
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
});
beforeEach(async () => {
  await context.clearCookies();
});
afterAll(async () => {
  await context?.close();
  await server?.stop();
  rmSync(profile, { recursive: true, force: true });
});

/** As a person gets it who has just started the server. */
async function newLink(): Promise<string> {
  const { stdout } = await runCommand(['login-link', '--url', server.url]);
  return stdout.trim();
}

/** What this browser gets of the archive now, with the cookies that it has. */
const statusOf = async (origin: string, url: string): Promise<number> =>
  (await page.request.get(`${origin}${url}`)).status();

describe('a person at the machine of a new server', () => {
  it('opens the link of the server and sees the images', async () => {
    const link = await newLink();
    expect(link).toMatch(/^http:\/\/localhost:\d+\/login\?code=/);
    await page.goto(link);
    await studyRow(page, 'LOGIN-CT-1').waitFor();
    const { origin } = new URL(link);
    expect(page.url()).toBe(`${origin}/`);
    expect(await page.evaluate('document.cookie')).not.toContain('dicom-ledger');
    await studyRow(page, 'LOGIN-CT-1').dblclick();
    await page.waitForURL(/\/viewer\?StudyInstanceUIDs=/);
    expect((await canvasPixels(page)).lit).toBeGreaterThan(0.1);
    await shownThumbnails(page, 1);
  });

  it('is led to the log-in page without the link, and by it to what was asked for', async () => {
    const { origin } = new URL(await newLink());
    await page.goto(`${origin}/viewer?StudyInstanceUIDs=${ct.StudyInstanceUID}`);
    expect(new URL(page.url()).pathname).toBe('/login');
    await page.getByLabel('Code of the link').fill(new URL(await newLink()).searchParams.get('code') ?? '');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${origin}/viewer?StudyInstanceUIDs=${ct.StudyInstanceUID}`);
    expect((await canvasPixels(page)).lit).toBeGreaterThan(0.1);
  });

  it('logs out from the list, and Back shows nothing', async () => {
    await page.goto(await newLink());
    await studyRow(page, 'LOGIN-CT-1').waitFor();
    const { origin } = new URL(page.url());
    expect(await statusOf(origin, '/dicom-web/studies')).toBe(200);
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByText('You are logged in').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    for (let steps = 0; steps < 3; steps++) {
      await page.goBack({ waitUntil: 'load' }).catch(() => null);
      expect(await page.content()).not.toContain('LOGIN-CT-1');
      if (page.url().startsWith('http')) expect(new URL(page.url()).pathname).toBe('/login');
    }
    expect(await statusOf(origin, '/dicom-web/studies')).toBe(401);
    expect(await statusOf(origin, `/dicom-web/studies/${ct.StudyInstanceUID}/thumbnail`)).toBe(401);
  });

  it('is led to the log-in page when the session ends while the viewer is open', async () => {
    await page.goto(await newLink());
    await studyRow(page, 'LOGIN-CT-1').waitFor();
    const sessions = (await (await fetch(`${server.url}/access/sessions`)).json()) as { id: string }[];
    for (const { id } of sessions) await fetch(`${server.url}/access/sessions/${id}`, { method: 'DELETE' });
    await studyRow(page, 'LOGIN-CT-1').dblclick();
    await page.waitForURL(/\/login\?return=/);
    expect(new URL(page.url()).searchParams.get('return')).toMatch(/^\//);
  });
});

describe('what is written at the start', () => {
  it('says how to get a link, and has none', () => {
    expect(server.output()).toContain('npx dicom-ledger login-link');
    expect(server.output()).not.toContain('code=');
    expect(existsSync(path.join(server.dataFolder, 'local.token'))).toBe(true);
  });
});
