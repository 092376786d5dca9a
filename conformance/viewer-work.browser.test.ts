import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { bytesOf, type DataSet, get, instancePath, stow } from './dicomweb-client.js';
import { type RunningServer, startServer } from './server.js';
import { ctSeries } from './viewer-images.js';
import { untilAlike } from './viewer-likeness.js';
import { canvasPixels, openViewer, type Viewer } from './viewer-page.js';
import { movie, movieFrames } from './viewer-samples.js';
import { until } from './until.js';

let server: RunningServer;
let viewer: Viewer;
let page: Page;

beforeAll(async () => {
  server = await startServer();
  viewer = await openViewer(server.url);
  page = viewer.page;
});

beforeEach(() => {
  viewer.faults.length = 0;
});

afterAll(async () => {
  await viewer?.close();
  await server?.stop();
});

const open = (study: string) => page.goto(`${server.url}/viewer?StudyInstanceUIDs=${study}`);
/** The number of the image in the viewport, from 1. */
async function position(count: number): Promise<number> {
  const text = await page.locator('[data-cy="viewport-overlay-bottom-right"]').first().innerText();
  return Number(new RegExp(`\\((\\d+)/${count}\\)`).exec(text)?.[1]);
}

describe('the viewer', () => {
  it('plays the frames of an object', async () => {
    const sample = movie();
    expect((await stow(server.url, [sample.bytes])).status).toBe(200);
    await open(sample.study);
    const speed = page.locator('[role=button]', { has: page.getByText('FPS') });
    const play = speed.locator('xpath=preceding::*[name()="svg"][1]');
    await play.click();
    const seen = new Set<number>();
    await until(async () => seen.add(await position(movieFrames)).size >= 4);
    await play.click();
    const number = await position(movieFrames);
    const picture = await get(`${server.url}${instancePath(sample)}/frames/${number}/rendered`, 'image/png');
    await untilAlike(page, { picture: await bytesOf(picture), faults: viewer.faults });
    expect(viewer.faults).toEqual([]);
  });

  it('keeps a measurement as a report, and shows it again', async () => {
    const ct = ctSeries({ count: 3, PatientID: 'VIEW-SR-1', PatientName: [{ Alphabetic: 'Viewer^Mea' }] });
    expect((await stow(server.url, ct.files)).status).toBe(200);
    await open(ct.StudyInstanceUID);
    await canvasPixels(page);
    await page.locator('[data-cy="MeasurementTools-split-button-primary"]').click();
    const pane = await page.locator('[data-cy="viewport-pane"]').boundingBox();
    const [x, y] = [pane!.x + pane!.width / 2, pane!.y + pane!.height / 2];
    await page.mouse.click(x - 100, y);
    await page.mouse.move(x, y + 10, { steps: 5 });
    await page.mouse.click(x + 100, y + 20);
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.locator('[data-cy="trackedMeasurements-btn"]').click();
    await page.getByText('Create SR').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const reports = `${server.url}/dicom-web/studies/${ct.StudyInstanceUID}/series?Modality=SR`;
    await until(async () => ((await (await get(reports)).json()) as DataSet[]).length === 1);

    await open(ct.StudyInstanceUID);
    await page.locator('[data-cy="study-browser-thumbnail-no-image"]').dblclick();
    const length = page.locator('[data-cy="viewport-pane"] svg text', { hasText: /[\d.]+ mm/ }).first();
    const millimetres = Number(/([\d.]+) mm/.exec((await length.textContent()) ?? '')?.[1]);
    // 128 rows of 1.25 mm fill the height.
    expect(millimetres / ((Math.hypot(200, 20) * 160) / pane!.height)).toBeCloseTo(1, 1);
    expect(viewer.faults).toEqual([]);
  });
});
