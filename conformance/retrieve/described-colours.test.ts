import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { bytesOf, get, instancePath, stow } from '../testing/dicomweb-client.js';
import { serverUnderTest } from '../testing/server.js';
import { colourPixels, colourSamples, jpegBaseline, native422 } from '../viewer/testing/colour-samples.js';
import type { ViewerSample } from '../viewer/testing/viewer-samples.js';

const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';

let server: Awaited<ReturnType<typeof serverUnderTest>>;
const samples: Record<string, ViewerSample> = {};

beforeAll(async () => {
  server = await serverUnderTest();
  Object.assign(samples, {
    'a JPEG': await jpegBaseline(),
    'native pixels': native422(),
    'RLE by plane': await colourSamples['RLE in RGB, by plane']!(),
  });
  for (const { bytes } of Object.values(samples)) expect((await stow(server.url, [bytes])).status).toBe(200);
});

afterAll(async () => {
  await server?.stop();
});

const frameOf = (what: string, accept: string): Promise<Response> =>
  get(`${server.url}${instancePath(samples[what]!)}/frames/1`, accept);

/** The colours that two pixels beside one another share are those of one of the bars of the picture: nothing is lost. */
const nearTo = async (bytes: Buffer): Promise<number> => {
  const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const expected = colourPixels();
  return data.reduce((sum, value, at) => sum + Math.abs(value - expected[at]!), 0) / data.length;
};

/** What cannot have what the metadata say, so that readers would differ in what they take its samples for. */
async function isNotThere(what: string, accept: string): Promise<void> {
  const answer = await frameOf(what, accept);
  expect(answer.status).toBe(406);
  const [, offered] = (await answer.text()).split('Ask for one of');
  expect(offered).not.toMatch(/image\/(jls|jp2|jphc)|1\.2\.4\.(57|70|80)/);
}

describe.each(['a JPEG', 'native pixels'])('frames of %s in YBR_FULL_422', (what) => {
  it.each([
    'image/jls',
    'image/jp2',
    'image/jphc',
    'image/dicom-rle',
    'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70',
    'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.57',
    'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.80',
    'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80',
  ])('are not to be had as %s', (accept) => isNotThere(what, accept));

  it('are there in JPEG Baseline, which says itself what it is', async () => {
    const answer = await frameOf(what, `image/jls, image/jpeg; transfer-syntax=${JPEG_BASELINE}`);
    expect(answer.headers.get('Content-Type')).toContain(JPEG_BASELINE);
    expect(await nearTo(await bytesOf(answer))).toBeLessThan(8);
  });

  it('are Y1 Y2 CB CR of each two pixels when they are uncompressed', async () => {
    const answer = await frameOf(what, 'application/octet-stream');
    expect(answer.status).toBe(200);
    const samplesOf = await bytesOf(answer);
    expect(samplesOf.length).toBe((colourPixels().length / 3) * 2);
    // The first bar is (220, 40, 40): Y 93.8, CB 97.6, CR 218.0 (PS3.3 §C.7.6.3.1.2).
    [94, 94, 98, 218].forEach((value, at) => expect(Math.abs(samplesOf[at]! - value)).toBeLessThanOrEqual(6));
  });

  it('are compressed in an instance, whose data set says RGB', async () => {
    const path = `${server.url}${instancePath(samples[what]!)}`;
    const answer = await get(path, 'application/dicom; transfer-syntax=1.2.840.10008.1.2.4.80');
    expect(answer.status).toBe(200);
  });
});

describe('frames by plane', () => {
  it.each(['image/jls', 'image/jp2', 'image/jphc', 'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70'])(
    'are not to be had as %s, which has its samples by pixel',
    (accept) => isNotThere('RLE by plane', accept),
  );

  it('are there as stored, uncompressed by plane, and in JPEG Baseline', async () => {
    for (const accept of ['image/dicom-rle', `image/jpeg; transfer-syntax=${JPEG_BASELINE}`])
      expect((await frameOf('RLE by plane', accept)).status).toBe(200);
    const planes = await bytesOf(await frameOf('RLE by plane', 'application/octet-stream'));
    const red = colourPixels().filter((_, at) => at % 3 === 0);
    expect(planes.subarray(0, red.length).equals(Buffer.from(red))).toBe(true);
  });
});
