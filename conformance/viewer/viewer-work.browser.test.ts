import { describe, expect, it } from '@jest/globals';
import { bytesOf, type DataSet, get, instancePath, stow } from '../testing/dicomweb-client.js';
import { viewerBed } from './testing/viewer-bed.js';
import { ctSeries } from './testing/viewer-images.js';
import { untilAlike } from './testing/viewer-likeness.js';
import { canvasPixels } from './testing/viewer-page.js';
import { movie, movieFrames } from './testing/viewer-samples.js';
import { until } from '../../src/base/testing/until.js';

const viewer = viewerBed();

const open = (study: string) => viewer.page.goto(`${viewer.url}/viewer?StudyInstanceUIDs=${study}`);
/** The number of the image in the viewport, from 1. */
async function position(count: number): Promise<number> {
  const text = await viewer.page.locator('[data-cy="viewport-overlay-bottom-right"]').first().innerText();
  return Number(new RegExp(`\\((\\d+)/${count}\\)`).exec(text)?.[1]);
}

describe('the viewer', () => {
  it('plays the frames of an object', async () => {
    const sample = movie();
    expect((await stow(viewer.url, [sample.bytes])).status).toBe(200);
    await open(sample.study);
    const speed = viewer.page.locator('[role=button]', { has: viewer.page.getByText('FPS') });
    const play = speed.locator('xpath=preceding::*[name()="svg"][1]');
    await play.click();
    const seen = new Set<number>();
    await until('four frames of the movie to be shown', async () => seen.add(await position(movieFrames)).size >= 4);
    await play.click();
    const number = await position(movieFrames);
    const picture = await get(`${viewer.url}${instancePath(sample)}/frames/${number}/rendered`, 'image/png');
    await untilAlike(viewer.page, { picture: await bytesOf(picture), faults: viewer.faults });
    expect(viewer.faults).toEqual([]);
  });

  it('keeps a measurement as a report, and shows it again', async () => {
    const ct = ctSeries({ count: 3, PatientID: 'VIEW-SR-1', PatientName: [{ Alphabetic: 'Viewer^Mea' }] });
    expect((await stow(viewer.url, ct.files)).status).toBe(200);
    await open(ct.StudyInstanceUID);
    await canvasPixels(viewer.page);
    await viewer.page.locator('[data-cy="MeasurementTools-split-button-primary"]').click();
    const pane = await viewer.page.locator('[data-cy="viewport-pane"]').boundingBox();
    const [x, y] = [pane!.x + pane!.width / 2, pane!.y + pane!.height / 2];
    await viewer.page.mouse.click(x - 100, y);
    await viewer.page.mouse.move(x, y + 10, { steps: 5 });
    await viewer.page.mouse.click(x + 100, y + 20);
    await viewer.page.getByRole('button', { name: 'Yes' }).click();
    await viewer.page.locator('[data-cy="trackedMeasurements-btn"]').click();
    await viewer.page.getByText('Create SR').click();
    await viewer.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const reports = `${viewer.url}/dicom-web/studies/${ct.StudyInstanceUID}/series?Modality=SR`;
    await until('the report to be stored', async () => ((await (await get(reports)).json()) as DataSet[]).length === 1);

    await open(ct.StudyInstanceUID);
    await canvasPixels(viewer.page);
    const report = viewer.page.locator('[data-cy="study-browser-thumbnail-no-image"]');
    const length = viewer.page.locator('[data-cy="viewport-pane"] svg text', { hasText: /[\d.]+ mm/ }).first();
    // A viewer that is still loading takes no double click.
    await until('the measurement to be shown', async () => {
      await report.dblclick();
      return length.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      );
    }, { timeoutMs: 120_000 });
    const millimetres = Number(/([\d.]+) mm/.exec((await length.textContent()) ?? '')?.[1]);
    // 128 rows of 1.25 mm fill the height.
    expect(millimetres / ((Math.hypot(200, 20) * 160) / pane!.height)).toBeCloseTo(1, 1);
    expect(viewer.faults).toEqual([]);
  });
});
