import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive } from '../../archive/archive.js';
import { httpAppOver } from '../testing/http-app-over.js';

const PIXELS = Buffer.alloc(20_000, 'pixels ');
const PATH = '/dicom-web/studies/1.1/series/1.2/instances/1.3/frames/1';
const PARTS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

/** An archive of one slice, which notes how often its frame was read. */
function bed({
  compression = 'on',
  transferSyntaxUID = '1.2.840.10008.1.2.1',
  rows = 100,
}: { compression?: 'on' | 'off'; transferSyntaxUID?: string; rows?: number } = {}) {
  const known = { reads: 0, contentKey: 'one', fails: false };
  const element = (value: number) => ({ vr: 'US', Value: [value] });
  const archive = {
    instances: async () => [
      {
        ...{
          StudyInstanceUID: '1.1',
          SeriesInstanceUID: '1.2',
          SOPInstanceUID: '1.3',
          transferSyntaxUID,
          sha256: 'ab',
        },
        ...{ contentKey: known.contentKey, state: 'sealed', isVerified: true, siteId: 1, announcedAt: 1, sealedAt: 1 },
        instance: {
          ...{ '00280010': element(rows), '00280011': element(100), '00280002': element(1), '00280100': element(16) },
        },
      },
    ],
    open: async () => ({
      ...{ frameCount: 1, existingFrames: (numbers: number[]) => ({ numbers, missing: [] }) },
      canRepresentFrames: () => false,
      frame: async () => {
        known.reads++;
        if (known.fails) throw new Error('It cannot be read.');
        return { mediaType: 'application/octet-stream', byteCount: PIXELS.length, open: () => [PIXELS] };
      },
    }),
  } as unknown as Archive;
  const app = httpAppOver(archive, { frameCompression: compression, publicUrl: 'https://pacs.example' });
  /** A body that is gzip is inflated by supertest. */
  const ask = async (headers: Record<string, string> = {}, method: 'get' | 'head' = 'get') => {
    const answer = await request(app)
      [method](PATH)
      .set({ Accept: PARTS, 'Accept-Encoding': 'identity', ...headers })
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      });
    return { status: answer.status, headers: answer.headers, body: answer.body as Buffer };
  };
  return { known, ask };
}

const gzip = { 'Accept-Encoding': 'gzip' };

/** What lies between the delimiters. */
const partOf = (body: Buffer): string => body.toString('latin1').replace(/--[0-9a-f]{32}/g, '');

describe('frames on the wire', () => {
  it('are gzip for a client that takes it, made once, and say all that a cache has to know', async () => {
    const { known, ask } = bed();
    const plain = await ask();
    const first = await ask(gzip);
    const second = await ask(gzip);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(known.reads).toBe(2);
    for (const { headers } of [first, second]) {
      expect(headers['content-encoding']).toBe('gzip');
      expect(headers['vary']).toMatch(/\bAccept-Encoding\b/);
      expect(Number(headers['content-length'])).toBeLessThan(PIXELS.length / 4);
    }
    expect(plain.headers['vary']).toMatch(/\bAccept-Encoding\b/);
    expect(first.headers['etag']).toMatch(/^W\/"/);
    expect(first.headers['etag']).not.toBe(plain.headers['etag']);
    expect(second.body).toEqual(first.body);
  });

  it('are the same parts as without, with the boundary that Content-Type names', async () => {
    const { ask } = bed();
    const { headers, body } = await ask(gzip);
    expect(partOf(body)).toBe(partOf((await ask()).body));
    const boundary = /boundary=([0-9a-f]{32})$/.exec(String(headers['content-type']))?.[1];
    expect(body.toString('latin1').startsWith(`--${boundary}\r\n`)).toBe(true);
    expect(body.toString('latin1').endsWith(`\r\n--${boundary}--`)).toBe(true);
  });

  it('answer 304 to their ETag, and HEAD with the same headers, without a read', async () => {
    const { known, ask } = bed();
    const { etag, 'content-type': contentType } = (await ask(gzip)).headers;
    const head = await ask(gzip, 'head');
    expect([head.headers['etag'], head.headers['content-type']]).toEqual([etag, contentType]);
    expect(head.headers['content-encoding']).toBe('gzip');
    expect((await ask({ ...gzip, 'If-None-Match': String(etag) })).status).toBe(304);
    expect(known.reads).toBe(1);
  });

  it('are made anew of another announcement, and after a failure', async () => {
    const { known, ask } = bed();
    await ask(gzip);
    Object.assign(known, { contentKey: 'other', fails: true });
    const failed = await ask(gzip);
    expect([failed.status, failed.headers['content-encoding']]).toEqual([500, undefined]);
    known.fails = false;
    expect((await ask(gzip)).status).toBe(200);
    expect(known.reads).toBe(3);
  });

  it.each([
    ['a range is asked for', {}, { Range: 'bytes=0-9' }],
    ['the setting is off', { compression: 'off' as const }, {}],
    ['it is compressed already', { transferSyntaxUID: '1.2.840.10008.1.2.4.70' }, {}],
    ['it is too large to be put together', { rows: 60_000 }, {}],
  ])('are as they lie where %s', async (_why, options, headers) => {
    const { ask } = bed(options);
    const answer = await ask({ ...gzip, ...headers });
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
    expect(answer.body.includes(PIXELS)).toBe(true);
  });
});
