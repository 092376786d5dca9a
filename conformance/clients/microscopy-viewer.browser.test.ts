import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { until } from '../../src/base/testing/until.js';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { openBrowser, type Viewer } from '../viewer/testing/viewer-page.js';
import { type ServedPage, servePage } from './testing/serve-page.js';
import { clientFolder, clientScript } from './testing/web-client.js';
import { AREAS, colourAt, type Slide, slide } from './testing/slide.js';

/** Of the viewport in pixels: that of the level in the middle. */
const SIDE = 256;
/** The wheel has to turn so far. */
const ONE_LEVEL = 600;
const patience = { timeoutMs: 60_000 };
const build = execFileSync(process.execPath, ['scripts/fetch-microscopy-viewer.mjs'], { encoding: 'utf8' }).trim();
const html = `<!doctype html><title>slides</title>
<style>body { margin: 0 } #slide { width: ${SIDE}px; height: ${SIDE}px }</style>
<div id="slide"></div>
<script src="/dicom-microscopy-viewer/dicomMicroscopyViewer.min.js"></script>
${clientScript}`;

let page: ServedPage;
let server: RunningServer;
let browser: Viewer;
/** Instances and frames that the viewer asked for: `2.25.1/frames/3`. */
const asked: string[] = [];

beforeAll(async () => {
  page = await servePage(html, { '/dicom-microscopy-viewer': build, '/static/js': build, ...clientFolder });
  server = await startServer({ env: { CORS_ORIGINS: page.url } });
  browser = await openBrowser([page.url, server.url]);
  browser.page.on('request', (request) => {
    const [, frame] = /instances\/([^/]+\/frames\/\d+)$/.exec(request.url()) ?? [];
    if (frame !== undefined && request.method() === 'GET') asked.push(frame);
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await page?.close();
});

interface Shared {
  dicomMicroscopyViewer: Microscopy;
  DICOMwebClient: new (options: object) => { retrieveSeriesMetadata(options: object): Promise<object[]> };
}
interface Microscopy {
  metadata: { VLWholeSlideMicroscopyImage: new (options: object) => object };
  viewer: { VolumeImageViewer: new (options: object) => VolumeImageViewer };
}
interface VolumeImageViewer {
  render(options: object): void;
}

async function open({ study, series, levels }: Slide): Promise<void> {
  expect(
    (
      await stow(
        server.url,
        levels.map(({ bytes }) => bytes),
      )
    ).status,
  ).toBe(200);
  asked.length = 0;
  browser.faults.length = 0;
  await browser.page.goto(page.url);
  await browser.page.waitForFunction(() => 'dicomMicroscopyViewer' in globalThis && 'DICOMwebClient' in globalThis);
  await browser.page.evaluate(
    async ({ url, headers, ids }) => {
      const shared = globalThis as unknown as Shared;
      const { metadata, viewer } = shared.dicomMicroscopyViewer;
      const client = new shared.DICOMwebClient({ url, headers });
      const read = await client.retrieveSeriesMetadata(ids);
      const images = read.map((one) => new metadata.VLWholeSlideMicroscopyImage({ metadata: one }));
      new viewer.VolumeImageViewer({ client, metadata: images }).render({ container: 'slide' });
    },
    {
      url: `${server.url}/dicom-web`,
      headers: server.authorization,
      ids: { studyInstanceUID: study, seriesInstanceUID: series },
    },
  );
}

/** Places of the viewport, from 0 to 1, by what is there of the slide. */
type Spots = { at: [number, number]; of: [number, number] }[];

/** In each area of the picture one; but for the first, over which the viewer has its map. */
const everyArea: Spots = Array.from({ length: AREAS ** 2 }, (_, at): [number, number] => [
  ((at % AREAS) + 0.4) / AREAS,
  (Math.floor(at / AREAS) + 0.4) / AREAS,
])
  .slice(1)
  .map((place) => ({ at: place, of: place }));

/** In the four areas around the middle, where one has zoomed in so that little else is there. */
const aroundTheMiddle: Spots = [-1, 1].flatMap((x) =>
  [-1, 1].map((y): Spots[number] => ({ at: [0.5 + 0.2 * x, 0.5 + 0.2 * y], of: [0.5 + 0.1 * x, 0.5 + 0.1 * y] })),
);

/** Two decoders of JPEG and an ICC profile may round otherwise. */
const MAY_DIFFER = 10;

const untilShown = (spots: Spots) =>
  until(
    'the slide to look as it was made',
    async () => {
      const clip = { x: 0, y: 0, width: SIDE, height: SIDE };
      const shown = await sharp(await browser.page.screenshot({ clip }))
        .removeAlpha()
        .raw()
        .toBuffer();
      return spots.every(({ at: [x, y], of }) => {
        const offset = 3 * (Math.floor(y * SIDE) * SIDE + Math.floor(x * SIDE));
        return colourAt(...of).every((value, channel) => Math.abs(value - shown[offset + channel]!) <= MAY_DIFFER);
      });
    },
    patience,
  );

describe('dicom-microscopy-viewer of npm, on a page of another origin', () => {
  it.each([
    ['in JPEG Baseline', true],
    ['uncompressed', false],
  ])('shows a slide that is stored %s, and the tiles of the next level when one zooms in', async (_how, compressed) => {
    const made = await slide({ compressed });
    const [smallest, middle, base] = made.levels.map(({ instance }) => instance);
    const framesOf = (instance?: string) => asked.filter((frame) => frame.startsWith(`${instance}/`)).sort();
    await open(made);
    await untilShown(everyArea);
    expect(framesOf(middle)).toEqual([1, 2, 3, 4].map((number) => `${middle}/frames/${number}`));
    expect(framesOf(smallest)).toEqual([`${smallest}/frames/1`]);
    expect(framesOf(base)).toEqual([]);
    await browser.page.mouse.move(SIDE / 2, SIDE / 2);
    await browser.page.mouse.wheel(0, -ONE_LEVEL);
    await untilShown(aroundTheMiddle);
    const tiles = [6, 7, 10, 11].map((number) => `${base}/frames/${number}`);
    await until(
      'the tiles in the middle of the next level',
      () => tiles.every((tile) => asked.includes(tile)),
      patience,
    );
    await untilShown(aroundTheMiddle);
    expect(browser.faults).toEqual([]);
  });
});
