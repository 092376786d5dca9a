// About 20 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { BLEEDING, HEAD_CT, HOUNSFIELD, RESCALE_INTERCEPT } from '../../src/demo/head-ct.js';
import { until } from '../../src/base/testing/until.js';
import { childrenOf } from '../testing/children-of.js';
import { runCommand } from '../testing/command-line.js';
import { type RunningDemo, startDemo } from '../testing/demo.js';
import { bytesOf, type DataSet, get, partsOf } from '../testing/dicomweb-client.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-kept-demo-'));
const data = path.join(folder, 'kept');
let demo: RunningDemo;
let link: URL;
const valueOf = (dataSet: DataSet, tag: string): unknown => dataSet[tag]?.Value?.[0];
const search = async (where: string): Promise<DataSet[]> =>
  (await (await get(`${link.origin}/dicom-web${where}`, 'application/dicom+json')).json()) as DataSet[];

beforeAll(async () => {
  demo = startDemo({ data });
  link = await demo.link();
}, 240_000);
afterAll(async () => {
  await demo.end('SIGTERM');
  demo.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Below the root, of the first instance of the study that fits. */
async function instancePath(PatientID: string, query = ''): Promise<string> {
  const [found] = await search(`/instances?PatientID=${PatientID}${query}`);
  return `/studies/${valueOf(found!, '0020000D') as string}/series/${valueOf(found!, '0020000E') as string}/instances/${valueOf(found!, '00080018') as string}`;
}

describe('dicom-ledger demo', () => {
  it('has studies of several modalities, whose patients are found by names in several scripts', async () => {
    const studies = await search('/studies?includefield=ModalitiesInStudy');
    expect(studies.map((study) => (study['00080061']?.Value as string[]).sort().join()).sort()).toEqual(['CT,SR', 'DX', 'MR', 'US', 'XC']); // prettier-ignore
    for (const name of ['Lindqvist*', '山田*', 'やまだ*', 'Иванова*', 'قباني*', '王*'])
      expect(await search(`/studies?PatientName=${encodeURIComponent(name)}`)).toHaveLength(1);
  });

  it('gives a CT whose parts have their Hounsfield units', async () => {
    const at = await instancePath('DEMO-1', '&Modality=CT&InstanceNumber=22');
    const response = await get(
      `${link.origin}/dicom-web${at}/frames/1`,
      'multipart/related; type="application/octet-stream"',
    );
    const [frame] = await partsOf(response);
    const pixel = (mm: number): number => Math.round(mm / HEAD_CT.spacing + (HEAD_CT.size - 1) / 2);
    const around = (x: number, y: number): number => {
      let sum = 0;
      for (let row = pixel(y) - 2; row <= pixel(y) + 2; row++)
        for (let column = pixel(x) - 2; column <= pixel(x) + 2; column++)
          sum += frame!.bytes.readUInt16LE(2 * (row * HEAD_CT.size + column)) + RESCALE_INTERCEPT;
      return sum / 25;
    };
    const row = Array.from({ length: HEAD_CT.size / 2 }, (_, x) =>
      frame!.bytes.readUInt16LE(HEAD_CT.size ** 2 + 2 * x),
    );
    expect(Math.max(...row) + RESCALE_INTERCEPT).toBeGreaterThan(900);
    for (const [x, y, expected] of [
      [0, 110, HOUNSFIELD.air],
      [-30, 40, HOUNSFIELD.white],
      [-14.6, -20, HOUNSFIELD.fluid],
      [BLEEDING.center[0], BLEEDING.center[1], HOUNSFIELD.blood],
    ] as const)
      expect(Math.abs(around(x, y) - expected)).toBeLessThan(3);
  });

  it.each([
    ['DEMO-1', '&Modality=CT&InstanceNumber=20', ''],
    ['DEMO-1', '&Modality=SR', ''],
    ['DEMO-2', '&SeriesDescription=T1 axial', ''],
    ['DEMO-2', '&SeriesDescription=T2 axial', ''],
    ['DEMO-3', '', ''],
    ['DEMO-4', '', '/frames/12'],
    ['DEMO-5', '', ''],
  ])('draws a picture of %s%s', async (PatientID, query, frame) => {
    const at = await instancePath(PatientID, query);
    const isReport = query === '&Modality=SR';
    const response = await get(`${link.origin}/dicom-web${at}${frame}/rendered`, isReport ? 'text/html' : 'image/png');
    expect(response.status).toBe(200);
    if (isReport) return expect(await response.text()).toContain('haemorrhage');
    const { channels } = await sharp(await bytesOf(response)).stats();
    expect(channels[0]!.stdev).toBeGreaterThan(15);
    expect(channels[0]!.max - channels[0]!.min).toBeGreaterThan(150);
  });

  it('shows a link that logs in, and leads to the viewer or to what fetches it', async () => {
    const answer = await fetch(link, { redirect: 'manual', headers: { Authorization: '' } });
    const [cookie = ''] = answer.headers.getSetCookie();
    const page = await fetch(`${link.origin}/`, { headers: { Cookie: cookie.split(';')[0]!, Authorization: '' } });
    const isThere = existsSync('viewer/index.html');
    expect([page.status, (await page.text()).includes('scripts/fetch-viewer.mjs')]).toEqual([200, !isThere]);
    expect(demo.output().includes('scripts/fetch-viewer.mjs')).toBe(!isThere);
  });

  it('ends with Ctrl-C, and shows what --data has kept the next time', async () => {
    expect(demo.output()).toContain(`${data} keeps`);
    expect(await demo.end('SIGINT')).toBe(0);
    expect([demo.temporary(), childrenOf(demo.pid)]).toEqual([[], []]);
    await expect(fetch(link)).rejects.toThrow();
    demo.remove();
    demo = startDemo({ data });
    link = await demo.link();
    expect(await search('/studies')).toHaveLength(5);
    expect(await demo.end('SIGTERM')).toBe(0);
  }, 240_000);

  it('leaves nothing behind when it ends while it starts', async () => {
    const early = startDemo();
    await until('its folder', () => early.temporary().length === 1, { timeoutMs: 180_000 });
    expect(await early.end('SIGINT')).toBe(1);
    expect(early.temporary()).toEqual([]);
    early.remove();
  }, 240_000);

  it('refuses a folder with other data', async () => {
    writeFileSync(path.join(folder, 'notes.txt'), '');
    const { code, stderr } = await runCommand(['demo', '--no-open', '--data', folder]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`The folder ${folder} has data of another kind`)]);
  });
});
