import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { until } from '../../src/base/testing/until.js';
import { runCommand } from '../testing/command-line.js';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { ctSeries } from '../viewer/testing/viewer-images.js';
import { studyRow } from '../viewer/testing/viewer-page.js';

const OWN = 'my own words 4711';
const REASON = 'unconscious, no history known';
const seen = ctSeries({ count: 1, PatientID: 'EMERGENCY-1', PatientName: [{ Alphabetic: 'Seen^Sam' }] });
const hidden = ctSeries({ count: 1, PatientID: 'EMERGENCY-2', PatientName: [{ Alphabetic: 'Hidden^Hal' }] });

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-emergency-'));
const dataFolder = path.join(folder, 'data');
let server: RunningServer;
let url: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  const roles = { surgeon: { permissions: ['read'], sees: ['surgery'], mayBreakGlass: true } };
  const file = path.join(folder, 'roles.json');
  writeFileSync(file, JSON.stringify({ roles }));
  chmodSync(file, 0o600);
  const made = await runCommand(['account', 'new', 'ada', '--roles', 'surgeon', '--name', 'Ada L.'], {
    DATA_DIR: dataFolder,
  });
  expect(made.code).toBe(0);
  server = await startServer({ dataFolder, env: { ACCOUNTS: 'on', ACCESS_FILE: file } });
  url = server.url.replace('127.0.0.1', 'localhost');
  for (const { files } of [seen, hidden]) expect((await stow(server.url, files)).status).toBe(200);
  const label = `${server.url}/ledger/studies/${seen.StudyInstanceUID}/labels/surgery`;
  expect((await fetch(label, { method: 'PUT' })).ok).toBe(true);

  context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 390, height: 844 },
    args: ['--no-sandbox'],
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  await page.goto(`${url}/login/oidc?return=/login`);
  await page.locator('input[name=login]').fill('ada');
  await page.locator('input[name=password]').fill(made.stdout.trim());
  await page.keyboard.press('Enter');
  await page.locator('input[name=new]').fill(OWN);
  await page.locator('input[name=login]').fill('ada');
  await page.locator('input[name=password]').fill(made.stdout.trim());
  await page.keyboard.press('Enter');
  await page.getByText('You are logged in').waitFor();
});
afterAll(async () => {
  await context?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const patients = async (): Promise<number> =>
  ((await (await page.request.get(`${url}/dicom-web/studies`)).json()) as unknown[]).length;

/** Nothing is wider than the screen. */
async function fits(): Promise<void> {
  const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(wide).toBe(0);
}

describe('a surgeon in an emergency', () => {
  it('sees every study in the viewer after giving a reason, and no more once it is ended', async () => {
    expect(await patients()).toBe(1);
    await page.getByRole('link', { name: 'Emergency' }).click();
    await fits();
    await page.getByRole('button', { name: 'Show everything' }).click();
    expect(await patients()).toBe(1);
    await page.getByLabel('To treat somebody').check();
    await page.getByRole('textbox', { name: 'Reason' }).fill(REASON);
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByText('You see everything').waitFor();
    await fits();
    expect(await patients()).toBe(2);

    await page.setViewportSize({ width: 1600, height: 900 });
    await page.getByRole('link', { name: 'Show the images' }).click();
    await studyRow(page, 'EMERGENCY-2').waitFor();
    await page.goto(`${url}/login`);
    await page.getByRole('button', { name: 'End the emergency' }).click();
    await page.getByRole('button', { name: 'Show everything' }).waitFor();
    expect(await patients()).toBe(1);
  });

  it('is on record with the reason, and an alarm', async () => {
    await until('the alarm', async () =>
      (await (await fetch(`${server.url}/ledger/network`)).text()).includes('"break-glass"'),
    );
    const record = await (await fetch(`${server.url}/audit?agent-name=Ada`)).text();
    for (const part of [`Emergency access: ${REASON}`, `Ended emergency access: ${REASON}`])
      expect(record).toContain(part);
  });
});
