import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { image, part10, sequence, text, words, type HandMade } from '../../src/dicom/testing/hand-made.js';
import { bytesOf, get, instancePath, sha256, stowSingle } from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { startServer } from '../testing/server.js';

const [study, series] = [newUid(), newUid()];
const [slice, movie, report, state] = [0, 1, 2, 3].map(() => ({ study, series, instance: newUid() })) as [Ids, Ids, Ids, Ids]; // prettier-ignore
type Ids = { study: string; series: string; instance: string };
const [rows, columns] = [30, 40];
const viewer = { Origin: 'https://viewer.example' };

const uids = (ids: Ids, SOPClassUID: string): HandMade[] => [
  text(0x00080016, 'UI', SOPClassUID),
  text(0x00080018, 'UI', ids.instance),
  text(0x0020000d, 'UI', ids.study),
  text(0x0020000e, 'UI', ids.series),
  text(0x00100010, 'PN', 'Muster^Erika'),
];
const file = (ids: Ids, elements: HandMade[]): Buffer =>
  part10(
    elements.sort((a, b) => a.tag - b.tag),
    { mediaStorageUid: ids.instance },
  );
/** Frame n has the shade 50 n in its left half and 0 in its right. */
const picture = (frames: number | undefined): HandMade[] => [
  ...image(rows, columns, frames === undefined ? {} : { frames }).filter(
    ({ tag }) => tag !== 0x00280008 || frames !== undefined,
  ),
  text(0x00280004, 'CS', 'MONOCHROME2'),
  words(0x00280101, 'US', 8),
  words(0x00280102, 'US', 7),
  text(0x00281050, 'DS', '128'),
  text(0x00281051, 'DS', '256'),
  {
    tag: 0x7fe00010,
    vr: 'OB',
    value: Buffer.from(
      Array.from({ length: (frames ?? 1) * rows * columns }, (_, at) =>
        at % columns < columns / 2 ? 50 * Math.floor(at / rows / columns + 1) : 0,
      ),
    ),
  },
];
const files = new Map([
  [slice, file(slice, [...uids(slice, '1.2.840.10008.5.1.4.1.1.7'), ...picture(undefined)])],
  [movie, file(movie, [...uids(movie, '1.2.840.10008.5.1.4.1.1.7.2'), ...picture(4)])],
  [
    report,
    file(report, [
      ...uids(report, '1.2.840.10008.5.1.4.1.1.88.11'),
      sequence(0x0040a730, [[text(0x0040a040, 'CS', 'TEXT'), text(0x0040a160, 'UT', 'Nothing unusual')]]),
    ]),
  ],
  [state, file(state, uids(state, '1.2.840.10008.5.1.4.1.1.11.1'))],
]);

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await startServer({ env: { CORS_ORIGINS: viewer.Origin } });
  url = server.url;
  stop = () => server.stop();
  for (const bytes of files.values()) expect((await stowSingle(url, bytes)).status).toBe(200);
});
afterAll(() => stop());

const at = (ids: Ids, more = ''): string =>
  `${url}/wado?requestType=WADO&studyUID=${ids.study}&seriesUID=${ids.series}&objectUID=${ids.instance}${more}`;
const typeOf = (response: Response): string => (response.headers.get('Content-Type') ?? '').split(';')[0] ?? '';

async function shades(response: Response): Promise<{ size: number[]; left: number; right: number }> {
  const { data, info } = await sharp(await bytesOf(response))
    .extractChannel(0)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { size: [info.width, info.height], left: data[0] ?? -1, right: data[info.width - 1] ?? -1 };
}

describe('The URI service', () => {
  it.each<[string, Ids, string, string]>([
    ['an image', slice, '', 'image/jpeg'],
    ['an image', slice, '&contentType=image/png', 'image/png'],
    ['an image', slice, '&contentType=image/bmp,image/gif', 'image/gif'],
    ['an image', slice, '&contentType=application/dicom', 'application/dicom'],
    ['an image of several frames', movie, '', 'application/dicom'],
    ['an image of several frames', movie, '&contentType=image/jpeg', 'image/jpeg'],
    ['a frame', movie, '&frameNumber=2', 'image/jpeg'],
    ['a report', report, '', 'text/html'],
    ['a report', report, '&contentType=text/plain', 'text/plain'],
    ['a report', report, '&contentType=text/xml&charset=utf-8', 'text/xml'],
    ['what is no picture', state, '', 'application/dicom'],
  ])('gives %s, %j, for %s as %s', async (_what, ids, query, type) => {
    const response = await get(at(ids, query), '*/*');
    expect([response.status, typeOf(response)]).toEqual([200, type]);
  });

  it('gives the very bytes for transferSyntax=*, and what application/dicom alone means', async () => {
    const response = await get(at(slice, '&contentType=application/dicom&transferSyntax=*'));
    expect(sha256(await bytesOf(response))).toBe(sha256(files.get(slice)!));
    const plain = await bytesOf(await get(at(slice, '&contentType=application/dicom')));
    expect(sha256(plain)).toBe(sha256(await bytesOf(await get(`${url}${instancePath(slice)}`, 'application/dicom'))));
    const jpegLs = '1.2.840.10008.1.2.4.80';
    const coded = await get(at(slice, `&contentType=application/dicom&transferSyntax=${jpegLs}`));
    expect(coded.headers.get('Content-Type')).toContain(jpegLs);
  });

  it('shows a frame in the window, region and size that are asked for', async () => {
    const show = async (query: string) => shades(await get(at(movie, `&contentType=image/png&frameNumber=2${query}`)));
    expect(await show('')).toEqual({ size: [40, 30], left: 100, right: 0 });
    expect(await show('&windowCenter=100.5&windowWidth=51')).toMatchObject({ left: 128, right: 0 });
    expect(await show('&rows=60')).toMatchObject({ size: [80, 60] });
    expect(await show('&columns=20')).toMatchObject({ size: [20, 15] });
    expect(await show('&rows=60&columns=20')).toMatchObject({ size: [20, 15] });
    expect(await show('&region=0,0,0.5,1')).toEqual({ size: [20, 30], left: 100, right: 100 });
    expect(await show('&region=0.5,0,1,0.5&columns=40')).toEqual({ size: [40, 30], left: 0, right: 0 });
  });

  it('makes a JPEG of the quality that is asked for', async () => {
    const [worst, best] = await Promise.all(
      [1, 100].map(async (quality) => (await bytesOf(await get(at(slice, `&imageQuality=${quality}`)))).length),
    );
    expect(worst).toBeLessThan(best!);
  });

  it.each<[string, number]>([
    ['requestType=OTHER', 400],
    ['', 400],
    ['requestType=WADO', 400],
    ['requestType=WADO&studyUID=1.2&seriesUID=1.3&objectUID=x', 400],
    ['requestType=WADO&studyUID=1.2&seriesUID=1.3&objectUID=1.4', 404],
  ])('answers ?%s with %i', async (query, status) => {
    expect((await get(`${url}/wado?${query}`)).status).toBe(status);
  });

  it.each<[string, Ids, string, number]>([
    ['a frame beyond the last', movie, '&frameNumber=5', 400],
    ['a frame of an image that has no frames', slice, '&frameNumber=1', 400],
    ['a region outside', slice, '&region=0,0,2,1', 400],
    ['another character set', report, '&charset=iso-8859-1', 400],
    ['a picture of what has none', state, '&contentType=image/jpeg', 406],
    ['a transfer syntax that is not made', slice, '&contentType=application/dicom&transferSyntax=1.2.3', 406],
  ])('answers %s with its status', async (_what, ids, query, status) => {
    expect((await get(at(ids, query), query.includes('image/jpeg') ? 'image/jpeg' : '*/*')).status).toBe(status);
  });

  it('sends nothing for anonymize=yes, and says why', async () => {
    for (const query of ['', '&contentType=application/dicom']) {
      const response = await get(at(slice, `&anonymize=yes${query}`));
      const { detail } = (await response.json()) as { detail: string };
      expect([response.status, detail]).toEqual([501, expect.stringContaining('de-identified')]);
    }
  });

  it('warns of what has no effect', async () => {
    const shown = await get(at(slice, '&presentationUID=1.2&presentationSeriesUID=1.3'));
    expect(shown.headers.get('Warning')).toContain('ignored: presentationUID, presentationSeriesUID');
    const whole = await get(at(movie, '&contentType=application/dicom&frameNumber=1&rows=9'));
    expect(whole.headers.get('Warning')).toContain('ignored: frameNumber, rows');
  });

  it('is below the DICOMweb root too, of each site', async () => {
    for (const root of ['/dicom-web', '/sites/1/dicom-web'])
      expect(typeOf(await get(at(slice).replace('/wado?', `${root}/wado?`)))).toBe('image/jpeg');
  });

  it('is open to viewers of the listed origins', async () => {
    for (const query of ['', '&frameNumber=9']) {
      const response = await get(at(movie, query), undefined, viewer);
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(viewer.Origin);
    }
  });

  it('answers 304, HEAD and a range like every other resource', async () => {
    for (const query of ['', '&contentType=application/dicom']) {
      const first = await get(at(slice, query));
      const whole = await bytesOf(first);
      const etag = { 'If-None-Match': first.headers.get('ETag') ?? '' };
      expect((await get(at(slice, query), undefined, etag)).status).toBe(304);
      const head = await fetch(at(slice, query), { method: 'HEAD' });
      expect(head.headers.get('Content-Length')).toBe(String(whole.length));
      const range = await get(at(slice, query), undefined, { Range: 'bytes=5-' });
      expect([range.status, await bytesOf(range)]).toEqual([206, whole.subarray(5)]);
    }
  });

  it('is 410 for what was retired', async () => {
    const gone = { study, series, instance: newUid() };
    const bytes = file(gone, [...uids(gone, '1.2.840.10008.5.1.4.1.1.7'), ...picture(undefined)]);
    expect((await stowSingle(url, bytes)).status).toBe(200);
    expect((await fetch(`${url}${instancePath(gone)}`, { method: 'DELETE' })).status).toBe(204);
    expect((await get(at(gone))).status).toBe(410);
  });
});
