import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningDemo, startDemo } from '../testing/demo.js';
import { canvasPixels, openBrowser, studyRow, type Viewer, viewportText } from './testing/viewer-page.js';

let demo: RunningDemo;
let link: URL;
let viewer: Viewer;

beforeAll(async () => {
  demo = startDemo();
  link = await demo.link();
  viewer = await openBrowser([link.origin]);
  await viewer.page.goto(link.href);
}, 240_000);
afterAll(async () => {
  await viewer?.close();
  await demo.end('SIGTERM');
  demo.remove();
});

describe('dicom-ledger demo in the viewer', () => {
  it('lists its patients by their names', async () => {
    for (const text of ['Lindqvist', 'Yamada', 'Иванова', 'قباني', 'Wang']) await studyRow(viewer.page, text).waitFor();
  });

  it('shows the slices of its CT, and asks nobody else for anything', async () => {
    const answer = await viewer.page.request.get(`${link.origin}/dicom-web/studies?PatientID=DEMO-1`);
    const [study] = (await answer.json()) as Record<string, { Value: string[] }>[];
    viewer.faults.length = 0;
    await viewer.page.goto(`${link.origin}/viewer?StudyInstanceUIDs=${study!['0020000D']!.Value[0]}`);
    await viewportText(viewer.page, '/40)');
    expect((await canvasPixels(viewer.page)).lit).toBeGreaterThan(0.02);
    expect(viewer.faults).toEqual([]);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    expect(demo.temporary()).toHaveLength(1);
    expect(await demo.end('SIGINT')).toBe(0);
    expect(demo.temporary()).toEqual([]);
  });
});
