import { describe, expect, it } from '@jest/globals';
import { stow } from '../testing/dicomweb-client.js';
import { viewerBed } from './testing/viewer-bed.js';
import { ctSeries } from './testing/viewer-images.js';
import { canvasPixels, viewportText } from './testing/viewer-page.js';

const bed = viewerBed();
const ct = ctSeries({ count: 3, PatientID: 'BY-URI-1', PatientName: [{ Alphabetic: 'Uri^Ursula' }] });

describe('A viewer that is set up for the URI service', () => {
  it('shows the images that it gets by WADO-URI', async () => {
    expect((await stow(bed.url, ct.files)).status).toBe(200);
    const asked: string[] = [];
    bed.page.on('request', (request) => void asked.push(request.url()));
    await bed.page.route('**/app-config.js', async (route) => {
      const text = await (await route.fetch()).text();
      const body = text.replace('"imageRendering": "wadors"', '"imageRendering": "wadouri", "wadoUriRoot": "/wado"');
      await route.fulfill({ contentType: 'text/javascript', body });
    });
    await bed.page.goto(`${bed.url}/viewer?StudyInstanceUIDs=${ct.StudyInstanceUID}`);
    await viewportText(bed.page, '(1/3)');
    expect((await canvasPixels(bed.page)).lit).toBeGreaterThan(0.1);
    expect(asked.filter((url) => url.startsWith(`${bed.url}/wado?requestType=WADO`)).length).toBeGreaterThan(0);
    expect(asked.filter((url) => url.includes('/frames/'))).toEqual([]);
    expect(bed.faults).toEqual([]);
  });
});
