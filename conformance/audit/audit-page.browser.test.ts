import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { runCommand } from '../testing/command-line.js';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { ctSeries } from '../viewer/testing/viewer-images.js';

const anna = ctSeries({ count: 2, PatientID: 'AUDIT-1', PatientName: [{ Alphabetic: 'Canary^Anna' }] });
const ben = ctSeries({ count: 1, PatientID: 'AUDIT-2', PatientName: [{ Alphabetic: 'Canary^Ben' }] });

let server: RunningServer;
let profile: string;
let context: BrowserContext;
let page: Page;
const foreign: string[] = [];

beforeAll(async () => {
  server = await startServer();
  for (const { files } of [anna, ben]) expect((await stow(server.url, files)).status).toBe(200);
  profile = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-chromium-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox'],
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  const { stdout } = await runCommand(['login-link', '--url', server.url]);
  await page.goto(stdout.trim(), { waitUntil: 'commit' });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== 'localhost' && !request.url().startsWith('data:'))
      foreign.push(request.url());
  });
});
afterAll(async () => {
  await context?.close();
  await server?.stop();
  rmSync(profile, { recursive: true, force: true });
});

describe.each([
  ['a desktop', { width: 1440, height: 900 }],
  ['a phone', { width: 390, height: 844 }],
])('the page "Who looked at whom" on %s', (_name, viewport) => {
  beforeAll(async () => {
    await page.setViewportSize(viewport);
    await page.goto(`${new URL(page.url()).origin}/audit`);
  });

  it('finds what was done with the data of one patient, by the keyboard alone, and nothing of another', async () => {
    await page.getByLabel('Patient ID').fill('AUDIT-1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/patient=AUDIT-1/);
    const text = await page.locator('tbody').innerText();
    expect(text).toContain('Stored images, 2 instances');
    expect(text).toContain('Local operator');
    expect(text).not.toContain('AUDIT-2');
    expect(await page.content()).not.toContain('Canary');
  });

  it('gives the same as a table', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('as a table (CSV)').click()]);
    expect(download.suggestedFilename()).toBe('audit.csv');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const csv = Buffer.concat(chunks).toString();
    expect(csv).toContain('"AUDIT-1"');
    expect(csv).not.toContain('AUDIT-2');
  });

  it('says what is wrong with the form', async () => {
    await page.getByLabel('Study Instance UID').fill('not a UID');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('is not a Study Instance UID');
  });

  it('is no wider than the screen, and asks nobody else', async () => {
    await page.goto(`${new URL(page.url()).origin}/audit`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    expect(foreign).toEqual([]);
  });
});
