import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { until } from '../../src/base/testing/until.js';
import { openSharingBed, type SharingBed } from '../sharing/testing/sharing-bed.js';
import { runCommand } from '../testing/command-line.js';
import { stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { loginLinkOf, openBrowser, type Viewer } from '../viewer/testing/viewer-page.js';
import { contrastOf, expectFits } from './testing/page-looks.js';

const SIZES = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 390, height: 844 },
];
const ENDS = { timeoutMs: 180_000, pauseMs: 200 };

let bed: SharingBed;
let browser: Viewer;
let page: Page;
let url: string;
/** Stored for this site alone, and one of them given to site 2. */
const [given, kept] = [newUid(), newUid()];

beforeAll(async () => {
  bed = await openSharingBed(2);
  const [one, two] = bed.servers;
  for (const StudyInstanceUID of [given, kept])
    expect((await stow(one!.url, [ctSlice({ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() })])).status).toBe(200); // prettier-ignore
  for (const site of [one!, two!]) await site.publish();
  await one!.compare(2);
  await two!.compare(1);
  expect(await runCommand(['share', 'study', given, '--to', '2', '--url', one!.url])).toMatchObject({ code: 0 });
  await until('the study to be acknowledged', async () => (await one!.sharing()).own.some(({ readers }) => readers.some((reader) => reader.acknowledgedAt !== undefined)), ENDS); // prettier-ignore
  await one!.server.stop();
  await one!.start({ SHARE: '2' });
  ({ url } = one!);
  await until('the ring for site 2 to be written to', async () => (await one!.sharing()).own.some(({ isWrittenTo, readers }) => isWrittenTo && readers.some(({ StudyInstanceUID }) => StudyInstanceUID === undefined)), ENDS); // prettier-ignore
  browser = await openBrowser([url]);
  ({ page } = browser);
  await page.goto(`${await loginLinkOf(url)}&return=/login`);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await bed?.close();
});

const section = (name: string): Locator => page.getByRole('region', { name });

describe.each(SIZES)('the page of sharing at $width pixels', ({ width, height }) => {
  beforeAll(() => page.setViewportSize({ width, height }));

  it('is in the menu of who administrates, and says for whom is stored', async () => {
    await page.goto(`${url}/state`);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sharing' }).click();
    await page.getByRole('heading', { name: 'Sharing', level: 1 }).waitFor();
    await expectFits(page);
    expect(await section('What is stored now').innerText()).toMatch(/Can be read by\s+Site 2 \(site 2\)/);
  });

  it('says who can read what, since when, by whom allowed, and whether the keys are there', async () => {
    await page.goto(`${url}/sharing`);
    const rows = section('Who can read this site').getByRole('row', { name: 'Site 2 (site 2)' });
    expect(await rows.count()).toBe(2);
    const study = await rows.filter({ hasText: given }).innerText();
    expect(study).toMatch(/study/);
    expect(study).toMatch(/0x[0-9a-f]{40}/);
    expect(study).toMatch(/since \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(await section('What this site can read of others').innerText()).toContain('No other site shares');
  });

  it('shows who can read one study', async () => {
    await page.goto(`${url}/sharing`);
    await page.getByRole('textbox', { name: 'Study Instance UID' }).fill(kept);
    await page.getByRole('button', { name: 'Show' }).click();
    const readers = section('Who can read this study');
    await readers.getByText('this site alone').waitFor();
    expect(await readers.innerText()).not.toContain(given);
    await expectFits(page);
    await page.getByRole('textbox', { name: 'Study Instance UID' }).fill(given);
    await page.getByRole('button', { name: 'Show' }).click();
    await readers.getByRole('row', { name: 'Site 2 (site 2)' }).waitFor();
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${url}/sharing`);
    const { ratio, isLight } = await contrastOf(page);
    expect(ratio).toBeGreaterThan(7);
    expect(isLight).toBe(colorScheme === 'light');
    await page.emulateMedia({ colorScheme: null });
  });
});
