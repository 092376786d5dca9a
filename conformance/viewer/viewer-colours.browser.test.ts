// About 55 s.
import { describe, expect, it } from '@jest/globals';
import { stow } from '../testing/dicomweb-client.js';
import { colourPicture, colourSamples, colourSize, jpegBaseline, native422 } from './testing/colour-samples.js';
import { viewerBed } from './testing/viewer-bed.js';
import { untilAlike } from './testing/viewer-likeness.js';
import { shownSampleCount } from './testing/viewer-values.js';
import type { ViewerSample } from './testing/viewer-samples.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const JPEG_LS = '1.2.840.10008.1.2.4.80';

const viewer = viewerBed();
/** The Accept headers by which the viewer asked for frames. */
const asked: (string | undefined)[] = [];

/** Opens a study in a viewer whose configuration asks for frames in `transferSyntaxUID`; as they are stored for `*`. */
async function open(sample: ViewerSample, transferSyntaxUID: string): Promise<void> {
  expect((await stow(viewer.url, [sample.bytes])).status).toBe(200);
  await viewer.page.unrouteAll();
  await viewer.page.route('**/app-config.js', async (route) => {
    const configuration = await (await route.fetch()).text();
    const own = `window.config.dataSources[0].configuration.requestTransferSyntaxUID = '${transferSyntaxUID}';`;
    await route.fulfill({ contentType: 'text/javascript', body: `${configuration}\n${own}` });
  });
  asked.length = 0;
  viewer.page.removeAllListeners('request');
  viewer.page.on('request', (request) => {
    if (request.url().includes('/frames/')) asked.push(request.headers()['accept']);
  });
  await viewer.page.goto(`${viewer.url}/viewer?StudyInstanceUIDs=${sample.study}`);
}

async function showsThePicture(sample: ViewerSample, transferSyntaxUID: string): Promise<void> {
  await open(sample, transferSyntaxUID);
  await untilAlike(viewer.page, { picture: await colourPicture(), faults: viewer.faults });
  expect(viewer.faults).toEqual([]);
  expect(asked.length).toBeGreaterThan(0);
  for (const accept of asked) expect(accept?.endsWith(`transfer-syntax=${transferSyntaxUID}`)).toBe(true);
}

const sample = (what: string) => colourSamples[what]!();

describe('the viewer shows the right colours of', () => {
  it('JPEG Baseline in YBR_FULL_422, as it is stored', async () => showsThePicture(await jpegBaseline(), '*'));

  it.each(['RLE in YBR_FULL', 'RLE in YBR_FULL, by plane', 'native YBR_FULL'])('%s, as it is stored', async (what) =>
    showsThePicture(await sample(what), '*'),
  );

  it.each(['JPEG Baseline that says YBR_FULL', 'RLE in YBR_FULL, by plane', 'RLE in RGB, by plane'])(
    '%s, of which it asks for uncompressed frames',
    async (what) => showsThePicture(await sample(what), EXPLICIT),
  );

  it.each(['JPEG Baseline that says YBR_FULL', 'RLE in YBR_FULL'])('%s, of which it asks for JPEG-LS', async (what) =>
    showsThePicture(await sample(what), JPEG_LS),
  );

  it('native YBR_FULL_422 and planes, of which it asks for JPEG Baseline', async () => {
    await showsThePicture(native422(), JPEG_BASELINE);
    await showsThePicture(await sample('RLE in RGB, by plane'), JPEG_BASELINE);
  });
});

describe('the viewer', () => {
  // It wants one and a half samples a pixel where PS3.3 §C.7.6.3.1.2 gives two, and takes these two for RGB. When this fails,
  // it shows them: docs/clients.md and the conformance statement then say too little of it.
  it('does not know uncompressed YBR_FULL_422, of any server', async () => {
    await open(native422(), EXPLICIT);
    expect(await shownSampleCount(viewer.page)).toBe(2 * colourSize.width * colourSize.height);
  });
});
