import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { image, part10, sequence, text, words, type HandMade } from '../../src/dicom/testing/hand-made.js';
import { bytesOf, get, instancePath, partsOf, stowSingle } from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
const [study, series] = [newUid(), newUid()];
const movie = { study, series, instance: newUid() };
const report = { study, series: newUid(), instance: newUid() };
const [rows, columns, frames] = [30, 40, 4];

const uids = (ids: typeof movie, SOPClassUID: string): HandMade[] => [
  text(0x00080016, 'UI', SOPClassUID),
  text(0x00080018, 'UI', ids.instance),
  text(0x0020000d, 'UI', ids.study),
  text(0x0020000e, 'UI', ids.series),
  text(0x00100010, 'PN', 'Muster^Erika'),
  text(0x00100020, 'LO', 'P-1'),
];
const file = (ids: typeof movie, elements: HandMade[]) =>
  part10(
    elements.sort((a, b) => a.tag - b.tag),
    { mediaStorageUid: ids.instance },
  );

/** Frame n has the shade 50 n in its left half and 0 in its right. */
const pixels = Buffer.from(
  Array.from({ length: frames * rows * columns }, (_, at) =>
    at % columns < columns / 2 ? 50 * Math.floor(at / rows / columns + 1) : 0,
  ),
);

beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
  const objects = [
    file(movie, [
      ...uids(movie, '1.2.840.10008.5.1.4.1.1.7.2'),
      ...image(rows, columns, { frames }),
      text(0x00280004, 'CS', 'MONOCHROME2'),
      words(0x00280101, 'US', 8),
      words(0x00280102, 'US', 7),
      text(0x00281050, 'DS', '128'),
      text(0x00281051, 'DS', '256'),
      text(0x00181063, 'DS', '40'),
      { tag: 0x7fe00010, vr: 'OB', value: pixels },
    ]),
    file(report, [
      ...uids(report, '1.2.840.10008.5.1.4.1.1.88.11'),
      sequence(0x0040a730, [[text(0x0040a040, 'CS', 'TEXT'), text(0x0040a160, 'UT', '<script>alert(1)</script>')]]),
    ]),
  ];
  for (const bytes of objects) expect((await stowSingle(url, bytes)).status).toBe(200);
});
afterAll(() => stop());

const at = (ids: typeof movie, rest: string) => `${url}${instancePath(ids)}${rest}`;

async function shades(response: Response): Promise<{ size: number[]; left: number; right: number }> {
  const picture = sharp(await bytesOf(response));
  const { data, info } = await picture
    .extractChannel(0)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { size: [info.width, info.height], left: data[0] ?? -1, right: data[info.width - 1] ?? -1 };
}

describe('Rendered resources', () => {
  it('are shown in the window, region and size that are asked for', async () => {
    const show = async (query: string) => shades(await get(at(movie, `/frames/2/rendered?${query}`), 'image/png'));
    expect(await show('')).toEqual({ size: [40, 30], left: 100, right: 0 });
    expect(await show('window=100,50,linear-exact')).toEqual({ size: [40, 30], left: 128, right: 0 });
    expect(await show('viewport=80,80,0,0,-40,30')).toMatchObject({ size: [80, 60], left: 0, right: 100 });
    expect(await show('viewport=10,10,0,0,20,20')).toEqual({ size: [10, 10], left: 100, right: 100 });
    expect((await get(at(movie, '/rendered?viewport=9,9,40,0'), 'image/png')).status).toBe(400);
  });

  it('are an animation, or a part for each frame', async () => {
    const gif = await sharp(await bytesOf(await get(at(movie, '/rendered'), 'image/gif'))).metadata();
    expect([gif.pages, gif.delay]).toEqual([frames, [40, 40, 40, 40]]);
    const parts = await partsOf(await get(at(movie, '/frames/3,1/rendered'), 'multipart/related; type="image/png"'));
    const lefts = parts.map(async ({ bytes }) => (await sharp(bytes).extractChannel(0).raw().toBuffer())[0]);
    expect(await Promise.all(lefts)).toEqual([150, 50]);
  });

  it('are a page for a report, in which nothing runs', async () => {
    const response = await get(at(report, '/rendered'), 'text/html,application/xhtml+xml,*/*;q=0.8');
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'.*sandbox/);
    const page = await response.text();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script');
  });

  it('are the pictures of a study in parts, and one of them for a viewer', async () => {
    const response = await get(`${url}/dicom-web/studies/${study}/rendered`, 'multipart/related; type="image/jpeg"');
    expect([response.status, response.headers.get('Warning')]).toEqual([206, expect.stringContaining('1 instances')]);
    expect(await partsOf(response)).toHaveLength(1);
    const alone = await get(
      `${url}/dicom-web/studies/${study}/series/${series}/rendered?viewport=256%2C256`,
      'image/jpeg',
    );
    expect((await shades(alone)).size).toEqual([256, 192]);
  });

  it('answer 304 to the ETag of the same parameters alone', async () => {
    const first = await get(at(movie, '/rendered?quality=50'));
    const tag = { 'If-None-Match': first.headers.get('ETag') ?? '' };
    expect((await get(at(movie, '/rendered?quality=50'), undefined, tag)).status).toBe(304);
    expect((await get(at(movie, '/rendered?quality=51'), undefined, tag)).status).toBe(200);
    const head = await fetch(at(movie, '/rendered?quality=50'), { method: 'HEAD' });
    expect([head.status, head.headers.get('ETag')]).toEqual([200, first.headers.get('ETag')]);
  });
});
