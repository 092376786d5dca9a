// About 80 s.
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { bytesOf, type DataSet, get, instancePath, sha256, stow } from '../testing/dicomweb-client.js';
import { viewerBed } from './testing/viewer-bed.js';
import { untilAlike } from './testing/viewer-likeness.js';
import { shownThumbnails } from './testing/viewer-page.js';
import { largestDifference } from './testing/viewer-values.js';
import {
  document,
  madePictures,
  moving,
  oneBit,
  pdf,
  realPicture,
  realPictures,
  report,
  type ViewerSample,
} from './testing/viewer-samples.js';

const isRealThere = existsSync(sampleFolder);

const beyondTheViewer: [string, string, () => ViewerSample][] = [
  ['colours of 16 bits', 'it takes them for 8', () => realPicture('pydicom/SC_rgb_rle_16bit.dcm')],
  ['colours of 32 bits', 'it decodes none in RLE', () => realPicture('pydicom/SC_rgb_rle_32bit_2frame.dcm')],
  [
    'RGB in a JPEG without a word of it',
    'it takes it for YBR',
    () => realPicture('pydicom/SC_jpeg_no_color_transform.dcm'),
  ],
];

const viewer = viewerBed();

async function open(sample: ViewerSample): Promise<void> {
  const stored = await stow(viewer.url, [sample.bytes]);
  expect(stored.status).toBe(200);
  await viewer.page.goto(`${viewer.url}/viewer?StudyInstanceUIDs=${sample.study}`);
}

/** What the archive itself makes of the first frame. */
async function rendered(sample: ViewerSample): Promise<{ picture: Buffer; aspect?: number }> {
  const answer = await get(`${viewer.url}${instancePath(sample)}/frames/1/rendered`, 'image/png');
  expect(answer.status).toBe(200);
  const [metadata] = (await (await get(`${viewer.url}${instancePath(sample)}/metadata`)).json()) as [DataSet];
  const number = (tag: string, at = 0): number => Number(metadata[tag]?.Value?.[at] ?? 1);
  const [height, width] = [number('00280010') * number('00280030'), number('00280011') * number('00280030', 1)];
  return { picture: await bytesOf(answer), aspect: width / height };
}

/** Dialogs of failure, and notes that something went wrong. */
const complaints = (): Promise<number> => viewer.page.locator('[data-sonner-toast], [role=alertdialog]').count();

/** And, of gray pictures, measures in the archive's own numbers: they may differ by `numbersMayDiffer`, 0 unless given. */
async function showsWhatIsRendered(sample: ViewerSample, { numbersMayDiffer = 0 } = {}): Promise<void> {
  await open(sample);
  await untilAlike(viewer.page, { ...(await rendered(sample)), faults: viewer.faults });
  expect((await largestDifference(viewer.page, { url: viewer.url, ...sample })) ?? 0).toBeLessThanOrEqual(
    numbersMayDiffer,
  );
  expect(viewer.faults).toEqual([]);
  expect(await complaints()).toBe(0);
}

describe('the viewer shows what the archive renders of', () => {
  // Two decoders may round what was lost differently.
  it.each(Object.entries(madePictures))('made pixels: %s', (what, make) =>
    showsWhatIsRendered(make(), { numbersMayDiffer: what.includes('lossy') ? 1 : 0 }),
  );

  if (isRealThere) {
    it.each(Object.entries(realPictures))('%s: %s', (_what, name) => showsWhatIsRendered(realPicture(name)));

    // The viewer's own decoder of 12-bit JPEG gives numbers that are 15 too high; dcmtk and libjpeg agree with ours.
    it('JPEG Extended .51, 12 bits, but for an offset of its own', () =>
      showsWhatIsRendered(realPicture('wg04/MR1_JPLY.dcm'), { numbersMayDiffer: 16 }));
  }
});

describe('the viewer', () => {
  it('shows a video', async () => {
    await open(moving());
    const square = { create: { width: 40, height: 40, channels: 3 as const, background: '#dcb428' } };
    const first = sharp({ create: { width: 160, height: 120, channels: 3, background: '#3c3c3c' } });
    const picture = await first
      .composite([{ input: square, left: 0, top: 40 }])
      .png()
      .toBuffer();
    await untilAlike(viewer.page, { picture, faults: viewer.faults });
    expect(viewer.faults).toEqual([]);
  });

  it('shows a PDF', async () => {
    await open(document());
    const shown = viewer.page.locator('[data-cy="viewport-pane"] object[type="application/pdf"]');
    await shown.waitFor();
    const bytes = await shown.evaluate(async (object: { data: string }) => [
      ...new Uint8Array(await (await fetch(object.data)).arrayBuffer()),
    ]);
    expect(Buffer.from(bytes).toString('latin1').trimEnd()).toBe(pdf.toString('latin1').trimEnd());
    expect(viewer.faults).toEqual([]);
  });

  it('shows a structured report', async () => {
    await open(report());
    await viewer.page.getByText('No pneumothorax is seen.').waitFor();
    await viewer.page.getByText('Radiology Report').waitFor();
    expect(viewer.faults).toEqual([]);
  });

  // What is sent of these is right; no decoder of the viewer takes them, and but for the last none takes the pixels alone.
  it.each<[string, string, () => ViewerSample]>([
    ['one bit a pixel', 'it takes the eight pixels of a byte for one', oneBit],
    ...(isRealThere ? beyondTheViewer : []),
  ])('has at least a thumbnail of %s: %s', async (_what, _why, make) => {
    const sample = make();
    await open(sample);
    const [shown] = await shownThumbnails(viewer.page, 1);
    const stored = await bytesOf(await get(`${viewer.url}${instancePath(sample)}/thumbnail`));
    expect(sha256(shown!)).toBe(sha256(stored));
  });
});
