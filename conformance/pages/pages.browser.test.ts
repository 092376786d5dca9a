import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { ctSeries } from '../viewer/testing/viewer-images.js';
import { canvasPixels, loginLinkOf } from '../viewer/testing/viewer-page.js';
import { contrastOf, expectFits } from './testing/page-looks.js';

/** Where pictures for the documentation go; none are made unless it is set: `PICTURES=docs/pictures`. */
const pictures = process.env['PICTURES'];
const ct = ctSeries({ count: 1, PatientID: 'PAGES-CT-1', PatientName: [{ Alphabetic: 'Pages^Pia' }] });
const other = ctSeries({ count: 1, PatientID: 'PAGES-CT-2', PatientName: [{ Alphabetic: 'Other^Otto' }] });
const SIZES = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 390, height: 844 },
];

let server: RunningServer;
let profile: string;
let context: BrowserContext;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  server = await startServer();
  for (const { files } of [ct, other]) expect((await stow(server.url, files)).status).toBe(200);
  profile = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-chromium-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox'],
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  context.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(`${server.url}/`))
      faults.push(`outside: ${request.url()}`);
  });
});
afterEach(() => {
  expect(faults).toEqual([]);
});
afterAll(async () => {
  await context?.close();
  await server?.stop();
  rmSync(profile, { recursive: true, force: true });
});

const logIn = async (): Promise<void> => void (await page.goto(`${await loginLinkOf(server.url)}&return=/login`));

async function picture(name: string): Promise<void> {
  if (pictures === undefined) return;
  const shown = await page.screenshot();
  await sharp(shown)
    .png({ palette: true })
    .toFile(path.join(pictures, `${name}.png`));
}

/** The names of what Tab comes to, in order, until it comes round. */
async function tabbed(): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const { activeElement: at, body } = (globalThis as unknown as Browser).document;
      return at === body ? '' : `${at.tagName} ${at.name ?? ''} ${at.textContent.trim()}`;
    });
    if (name === '' || (names.length > 0 && name === names[0])) break;
    names.push(name);
  }
  return names;
}

describe.each(SIZES)('the pages at $width pixels', ({ name, width, height }) => {
  beforeAll(() => page.setViewportSize({ width, height }));

  it('let one log in', async () => {
    await context.clearCookies();
    await page.goto(`${server.url}/login`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await expectFits(page);
    if (name === 'desktop') await picture('log-in-desktop');
  });

  it('show people, keys and links, make a key by keyboard alone, and revoke it', async () => {
    await logIn();
    await page.goto(`${server.url}/access`);
    await expectFits(page);
    const names = await tabbed();
    expect(names[0]).toContain('To the content');
    for (const part of [
      'Log out',
      'INPUT name',
      'INPUT permissions',
      'Make the key',
      'INPUT StudyInstanceUID',
      'Make the link',
    ])
      expect(names.some((one) => one.includes(part))).toBe(true);

    await page.locator('input[name=name]').focus();
    await page.keyboard.type(`CT of ${name}`);
    await page.locator('input[name=permissions][value=write]').focus();
    await page.keyboard.press('Space');
    await page.locator('input[name=name]').focus();
    await page.keyboard.press('Enter');
    const key = (await page.locator('#secret').innerText()).trim();
    const asKey = async (): Promise<number> => {
      const headers = { Authorization: `Bearer ${key}` };
      return (await fetch(`${server.url}/ledger/receipts/none`, { headers })).status;
    };
    expect(await asKey()).toBe(404);
    await expectFits(page);
    if (name === 'desktop') await picture('keys-desktop');

    await page.goto(`${server.url}/access`);
    expect(await page.content()).not.toContain(key);
    const row = page.locator('tr', { hasText: `CT of ${name}` });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await page
      .locator('tr', { hasText: `CT of ${name}` })
      .getByText('revoked')
      .waitFor();
    expect(await asKey()).toBe(401);
  });

  it('make a link to one study, whose page waits for a click', async () => {
    await logIn();
    await page.goto(`${server.url}/access`);
    await page.locator('input[name=StudyInstanceUID]').fill(ct.StudyInstanceUID);
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = (await page.locator('#secret').innerText()).trim();
    await expectFits(page);
    await context.clearCookies();
    await page.goto(link);
    await expectFits(page);
    await page.getByRole('button', { name: 'Open the study' }).click();
    await page.waitForURL(`${server.url}/viewer?StudyInstanceUIDs=${ct.StudyInstanceUID}`);
    expect((await canvasPixels(page)).lit).toBeGreaterThan(0.02);
    const found = (await (await page.request.get(`${server.url}/dicom-web/studies`)).json()) as unknown[];
    expect(found).toHaveLength(1);
    await page.goto('about:blank');
    faults.length = 0;
    await page.goto(`${server.url}/access`);
    await page.getByRole('heading', { name: 'Forbidden' }).waitFor();
    await expectFits(page);
    faults.length = 0;
  });

  it('show the state of the archive to whoever goes there by the menu', async () => {
    await logIn();
    await page.getByRole('link', { name: 'Archive state' }).click();
    await page.getByText('Images can be stored and looked at').waitFor();
    const shown = await page.locator('main').innerText();
    for (const part of [/Studies\s+2\b/, /Newest block\s+\d/, /has every block/, /0x[0-9a-f]{40}/i])
      expect(shown).toMatch(part);
    await expectFits(page);
    await picture(`state-${name}`);
  });

  it.each(['dark', 'light'] as const)('can be read in the %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await logIn();
    await page.goto(`${server.url}/access`);
    const { ratio, isLight } = await contrastOf(page);
    expect(ratio).toBeGreaterThan(7);
    expect(isLight).toBe(colorScheme === 'light');
    if (colorScheme === 'dark' && name === 'phone') await picture('keys-dark-phone');
  });
});

/** What of the browser's own types is used here: the project is compiled without them. */
interface Browser {
  document: {
    body: object;
    activeElement: { tagName: string; name?: string; textContent: string };
  };
}
