import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { existingFrames } from '../../archive/retrieve/existing-frames.js';
import type { RenderedOptions } from '../../archive/stored-instance.js';
import { getFrom } from '../testing/get-from.js';
import { httpAppOver } from '../testing/http-app-over.js';

const types: Record<string, string[]> = {
  '1.1.1.1': ['image/jpeg', 'image/png', 'image/gif'],
  '1.1.1.2': ['text/html', 'text/plain'],
  '1.1.1.3': ['image/jpeg', 'image/png', 'image/gif'],
  '1.1.1.4': ['image/jpeg', 'image/png', 'image/gif'],
  '1.2.1.1': ['video/mp4'],
  '1.3.1.1': ['text/html', 'text/plain'],
  '1.4.1.1': ['application/pdf'],
};
const instances = Object.keys(types).map(
  (SOPInstanceUID) =>
    ({
      StudyInstanceUID: SOPInstanceUID.slice(0, 3),
      SeriesInstanceUID: SOPInstanceUID.slice(0, 5),
      SOPInstanceUID,
      state: SOPInstanceUID === '1.1.1.4' ? 'announced' : 'sealed',
      sha256: SOPInstanceUID,
      instance: types[SOPInstanceUID]?.[0] === 'image/jpeg' ? { '00280010': { vr: 'US', Value: [8] } } : {},
    }) as unknown as FoundInstance,
);

const made: RenderedOptions[] = [];
const archive = {
  instances: async (ids: ResourceUids) =>
    instances.filter((one) => Object.entries(ids).every(([key, value]) => one[key as keyof ResourceUids] === value)),
  isGone: async () => false,
  renderedTypes: ({ SOPInstanceUID }: FoundInstance) => types[SOPInstanceUID],
  open: async ({ SOPInstanceUID }: FoundInstance) => ({
    existingFrames: (wanted: number[]) => existingFrames(wanted, { SOPInstanceUID, frameCount: 3 }),
    rendered: async (options: RenderedOptions) => {
      made.push(options);
      const { mediaType, frames, rendering } = options;
      const bytes = Buffer.from(`${SOPInstanceUID} ${frames?.join() ?? 'all'}`);
      return {
        mediaType,
        byteCount: bytes.length,
        isAnnotated: rendering?.annotation?.includes('patient') !== true,
        async *open(from = 0) {
          yield bytes.subarray(from);
        },
      };
    },
  }),
} as unknown as Archive;

const app = httpAppOver(archive, { publicUrl: 'https://pacs.example' });

const picture = '/studies/1.1/series/1.1.1/instances/1.1.1.1';
const video = '/studies/1.2/series/1.2.1/instances/1.2.1.1';
const report = '/studies/1.3/series/1.3.1/instances/1.3.1.1';
const related = (type: string) => `multipart/related; type="${type}"`;

const get = getFrom(app);
const subjects = (body: string) => body.match(/1\.\d\.1\.\d (all|[\d,]+)/g);

describe('retrieveRendered', () => {
  it.each<[string, string, number, string]>([
    [picture, '*/*', 200, 'image/jpeg'],
    [picture, 'image/png', 200, 'image/png'],
    [picture, 'image/*', 200, 'image/jpeg'],
    [picture, related('image/gif'), 200, 'multipart/related; type="image/gif"'],
    [picture, related('application/octet-stream'), 200, 'image/jpeg'],
    [picture, 'image/bmp', 406, 'application/problem+json'],
    [`${picture}/frames/2`, '*/*', 200, 'image/jpeg'],
    [`${picture}/frames/1,2`, '*/*', 200, 'multipart/related; type="image/jpeg"'],
    [`${picture}/frames/1,2`, 'image/*', 200, 'image/gif'],
    [`${picture}/frames/1,2`, 'image/gif', 200, 'image/gif'],
    [`${picture}/frames/1,2`, 'image/jpeg', 200, 'multipart/related; type="image/jpeg"'],
    [`${picture}/frames/1,2`, 'image/png', 200, 'multipart/related; type="image/png"'],
    [`${picture}/frames/1,2`, 'image/bmp', 406, 'application/problem+json'],
    [`${picture}/frames/3,4`, related('image/png'), 206, 'multipart/related; type="image/png"'],
    [`${picture}/frames/4`, 'image/jpeg', 404, 'application/problem+json'],
    [`${picture}/frames/x`, 'image/jpeg', 400, 'application/problem+json'],
    [video, '*/*', 200, 'video/mp4'],
    [video, 'image/jpeg', 406, 'application/problem+json'],
    [report, 'text/html,application/xhtml+xml,*/*;q=0.8', 200, 'text/html; charset=utf-8'],
    [report, 'text/plain', 200, 'text/plain; charset=utf-8'],
    ['/studies/1.4/series/1.4.1/instances/1.4.1.1', 'text/html,*/*;q=0.8', 200, 'application/pdf'],
    ['/studies/1.1/series/1.1.1/instances/1.1.1.4', '*/*', 503, 'application/problem+json'],
    ['/studies/1.9', '*/*', 404, 'application/problem+json'],
  ])('of %s for %s is %i %s', async (path, accept, status, type) => {
    const { headers, ...answer } = await get(`${path}/rendered`, { Accept: accept });
    expect([answer.status, headers['content-type']?.replace(/; boundary=.*/, '')]).toEqual([status, type]);
  });

  it('is a part for each picture of a study or series, and says what is left out', async () => {
    for (const path of ['/studies/1.1/rendered', '/studies/1.1/series/1.1.1/rendered']) {
      const { status, headers, body } = await get(path);
      expect([status, subjects(body)]).toEqual([206, ['1.1.1.1 all', '1.1.1.3 all']]);
      expect(headers.warning).toContain('2 instances are not yet or not so to be had');
      expect(body).toContain(
        'Content-Location: https://pacs.example/dicom-web/studies/1.1/series/1.1.1/instances/1.1.1.1/rendered\r\n',
      );
    }
    const reports = await get('/studies/1.1/rendered', { Accept: related('text/html') });
    expect(subjects(reports.body)).toEqual(['1.1.1.2 all']);
  });

  it('is the middle picture of a study or series for who asks for a single part', async () => {
    for (const path of ['/studies/1.1', '/studies/1.1/series/1.1.1'])
      expect((await get(`${path}/rendered?viewport=256%2C256`, { Accept: 'image/jpeg' })).body).toBe('1.1.1.3 all');
  });

  it('is a part for each frame, or all of them in one animation', async () => {
    const parts = await get(`${picture}/frames/3,1/rendered`, { Accept: related('image/jpeg') });
    expect(subjects(parts.body)).toEqual(['1.1.1.1 3', '1.1.1.1 1']);
    expect((await get(`${picture}/frames/3,1/rendered`, { Accept: 'image/gif' })).body).toBe('1.1.1.1 3,1');
  });

  it('is asked for with the parameters of the query', async () => {
    await get(`${picture}/frames/2/rendered?window=40,400,linear&quality=7&viewport=9,9`, { Accept: 'image/png' });
    expect(made.at(-1)).toEqual({
      mediaType: 'image/png',
      frames: [2],
      rendering: {
        window: { center: 40, width: 400, function: 'LINEAR' },
        viewport: { width: 9, height: 9, left: 0, top: 0, flipsHorizontally: false, flipsVertically: false },
        quality: 7,
      },
    });
  });

  it.each(['window=40', 'viewport=0,1', 'quality=101', 'iccprofile=cmyk'])(
    'is 400 for %s, which the problem names',
    async (query) => {
      const { status, body } = await get(`${picture}/rendered?${query}`);
      expect([status, (JSON.parse(body) as { detail: string }).detail]).toEqual([400, expect.stringContaining(query)]);
    },
  );

  it('warns of what has no effect', async () => {
    const { headers } = await get(`${picture}/rendered?presentationuid=1.2&annotation=technique,weather`);
    expect(headers.warning).toContain('not supported and have been ignored: presentationuid');
    expect(headers.warning).toContain('annotation values are not supported: weather');
    const unwritten = await get(`${picture}/rendered?annotation=patient`);
    expect([unwritten.headers.warning, unwritten.headers.etag]).toEqual([
      expect.stringContaining('Nothing was written over the picture'),
      undefined,
    ]);
  });

  it('validates each rendering by itself, before anything is decoded', async () => {
    const first = await get(`${picture}/rendered?window=40,400`);
    const tag = String(first.headers.etag);
    expect(tag).toMatch(/^"[^"]+"$/);
    const count = made.length;
    const again = await get(`${picture}/rendered?window=40,400`, { 'If-None-Match': tag });
    expect([again.status, again.body, again.headers.etag, made.length]).toEqual([304, '', tag, count]);
    for (const path of [
      `${picture}/rendered?window=40,401`,
      `${picture}/rendered`,
      `${picture}/frames/1/rendered?window=40,400`,
      `${picture}/rendered?window=40,400&accept=image/png`,
    ])
      expect((await get(path, { 'If-None-Match': tag })).status).toBe(200);
    const parts = await get('/studies/1.1/rendered');
    expect((await get('/studies/1.1/rendered', { 'If-None-Match': String(parts.headers.etag) })).status).toBe(304);
    expect((await get('/studies/1.1/rendered?quality=5', { 'If-None-Match': String(parts.headers.etag) })).status).toBe(
      206,
    );
  });

  it('answers HEAD with the headers of GET, and ranges of a video', async () => {
    const head = await request(app).head(`/dicom-web${picture}/rendered`);
    expect([head.status, head.headers['content-type'], head.headers['content-length']]).toEqual([
      200,
      'image/jpeg',
      '11',
    ]);
    const range = await get(`${video}/rendered`, { Range: 'bytes=8-' });
    expect([range.status, range.headers['content-range'], range.body]).toEqual([206, 'bytes 8-10/11', 'all']);
  });

  it('lets a report run nothing', async () => {
    expect((await get(`${report}/rendered`)).headers['content-security-policy']).toContain("default-src 'none'");
    expect((await get(`${report}/rendered`)).headers['content-security-policy']).toContain('sandbox');
  });
});
