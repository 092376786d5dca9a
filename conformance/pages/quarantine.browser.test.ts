import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { until } from '../../src/base/testing/until.js';
import { quarantineAt, retirementsAt } from '../trust/testing/admin-answers.js';
import { startEmbedded } from '../trust/testing/attacked-chains.js';
import { caseStudy, publish, RIGHT, storeStudy, WRONG } from '../trust/testing/case-study.js';
import { retireStep } from '../trust/testing/forgery.js';
import { redSquare } from '../trust/testing/honest-parts.js';
import { search } from '../trust/testing/seen-study.js';
import { openTrustBed, type TrustBed } from '../trust/testing/trust-bed.js';
import { loginLinkOf, openBrowser, type Viewer } from '../viewer/testing/viewer-page.js';
import { contrastOf, expectFits } from './testing/page-looks.js';

const SIZES = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 390, height: 844 },
];
/** One more than RETIREMENTS_PER_HOUR of the bed. */
const MANY = 4;

const honest = caseStudy(RIGHT);
const hijack = caseStudy({ ...WRONG, StudyInstanceUID: honest.study }, { instances: 1 });
const forged = SIZES.map(({ name }) => caseStudy({ ...RIGHT, PatientID: `Q-${name}` }, { instances: 1 }));
const retired = caseStudy({ ...RIGHT, PatientID: 'Q-RETIRED' }, { instances: MANY });

let bed: TrustBed;
let url: string;
let browser: Viewer;
let page: Page;

beforeAll(async () => {
  bed = await openTrustBed(startEmbedded);
  const { mallory, sites } = bed;
  url = sites[0].url;
  await storeStudy(sites[0], honest);
  await publish(mallory, hijack);
  const preview = await redSquare();
  for (const study of forged) await publish(mallory, study, { inside: () => ({ preview }) });
  const images = await publish(mallory, retired);
  await mallory.sendTransactions([images.map(({ imageId }) => retireStep(mallory, imageId, 'all of it'))]);
  await until('all of it to be listed', async () => {
    const [images, hours] = [await quarantineAt(url), await retirementsAt(url)];
    return images.length === forged.length && hours.length === 1;
  });
  browser = await openBrowser([url]);
  ({ page } = browser);
  await page.goto(`${await loginLinkOf(url)}&return=/login`);
});
afterAll(async () => {
  await browser?.close();
  await bed?.close();
});

const section = (name: string): Locator => page.getByRole('region', { name });

describe.each(SIZES)('the page of the quarantine at $width pixels', ({ width, height }) => {
  beforeAll(() => page.setViewportSize({ width, height }));

  it('is led to from the state of the archive, which has its numbers', async () => {
    await page.goto(`${url}/state`);
    const state = await page.locator('main').innerText();
    expect(state).toMatch(/UIDs of several sites\s+[1-9]/);
    await expectFits(page);
    await page.getByRole('link', { name: 'Look at them and decide' }).click();
    await page.getByRole('heading', { name: 'Quarantine', level: 1 }).waitFor();
  });

  it('shows what is in quarantine, and releases it', async () => {
    await page.goto(`${url}/quarantine`);
    await expectFits(page);
    const rows = section('Kept from all answers').getByRole('row', {
      name: 'Its preview does not look like its picture',
    });
    const before = await rows.count();
    expect(before).toBeGreaterThan(0);
    expect(await rows.first().innerText()).toContain('Site 4 (site 4)');
    await rows.last().getByRole('button', { name: 'Release' }).click();
    await page.waitForURL(`${url}/quarantine`);
    await until('it to be gone', async () => {
      await page.reload();
      return (await rows.count()) === before - 1;
    });
    const found = await Promise.all(
      forged.map(({ study }) => search(url, `/dicom-web/studies?StudyInstanceUID=${study}`)),
    );
    expect(found.flat()).toHaveLength(forged.length - before + 1);
    await expectFits(page);
  });

  it('shows whose study is shown, and leads to the other', async () => {
    const row = section('One UID at several sites').getByRole('row', { name: honest.study });
    expect(await row.innerText()).toMatch(/Site 1 \(site 1\): 2 images[^]*Site 4 \(site 4\): 1 image/);
    const link = await row.getByRole('link', { name: 'Site 4' }).getAttribute('href');
    const other = (await (await page.request.get(`${url}${link}`)).json()) as Record<string, { Value: unknown[] }>[];
    expect(other.map((study) => study['00100020']?.Value[0])).toEqual([WRONG.PatientID]);
  });

  it.each(['dark', 'light'] as const)('can be read in the %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${url}/quarantine`);
    const { ratio, isLight } = await contrastOf(page);
    expect(ratio).toBeGreaterThan(7);
    expect(isLight).toBe(colorScheme === 'light');
  });
});

describe('retirements in masses', () => {
  it('are refused, and then accepted, by keyboard alone', async () => {
    await page.goto(`${url}/quarantine`);
    const row = section('Many retirements in one hour').getByRole('row', { name: 'Site 4' });
    expect(await row.innerText()).toMatch(/4[^]*held/);
    for (const [button, effect] of [
      ['Refuse', 'refused: the images stay'],
      ['Accept', 'accepted: the images are gone'],
    ] as const) {
      await row.getByRole('button', { name: button }).focus();
      await page.keyboard.press('Enter');
      await row.getByText(effect).waitFor();
    }
    expect(await search(url, `/dicom-web/studies?StudyInstanceUID=${retired.study}`)).toEqual([]);
  });

  it('and all else that was done here made no fault in the browser', () => {
    expect(browser.faults).toEqual([]);
  });
});
