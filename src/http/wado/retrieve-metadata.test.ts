import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive, ResourceUids } from '../../archive/archive.js';
import { httpAppOver } from '../testing/http-app-over.js';

const texts: Record<string, string> = {
  '1.1.1.1':
    '{"00080018":{"vr":"UI","Value":["1.1.1.1"]},"54001010":{"vr":"OW","BulkDataURI":"studies/a&b"},"7FE00010":{"vr":"OW"}}',
  '1.1.1.2': '{"00104000":{"vr":"LT","Value":["\\"BulkDataURI\\":\\"studies/x"]}}',
};

const within = ({ SOPInstanceUID }: ResourceUids): string[] =>
  SOPInstanceUID === undefined ? Object.keys(texts) : [SOPInstanceUID];

const made: string[] = [];
/** Of the site that has stored them, 1 is this one. */
let siteId = 1;
let contentKey = 'one';

const archive = {
  instances: async (ids: ResourceUids) =>
    within(ids).map((uid) => ({ SOPInstanceUID: uid, sha256: uid, siteId, contentKey })),
  isOwn: (instance: { siteId: number }) => instance.siteId === 1,
  async *metadata(ids: ResourceUids) {
    made.push(String(ids.SOPInstanceUID));
    for (const uid of within(ids)) yield texts[uid];
  },
  attribute: (tag: string) => (tag === '7FE00010' ? { tag, vr: 'OW', keyword: 'PixelData' } : undefined),
} as unknown as Archive;

const app = httpAppOver(archive, { publicUrl: 'https://pacs.example' });

const xml = 'application/dicom+xml';
const multipart = `multipart/related; type="${xml}"`;
const study = '/dicom-web/studies/1.1/metadata';
const instance = '/dicom-web/studies/1.1/series/1.1.1/instances/1.1.1.1/metadata';

async function get(path: string, headers: Record<string, string>) {
  const response = await request(app)
    .get(path)
    .set(headers)
    .buffer(true)
    .parse((answer, done) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => done(null, Buffer.concat(chunks).toString()));
    });
  return { status: response.status, headers: response.headers, body: String(response.body) };
}

describe('retrieveMetadata', () => {
  it.each<[string, string, number, string]>([
    [study, '*/*', 200, 'application/dicom+json'],
    [study, 'application/*', 200, 'application/dicom+json'],
    [study, multipart, 200, multipart],
    [study, 'multipart/related', 200, multipart],
    [study, xml, 406, 'application/problem+json'],
    [instance, '*/*', 200, 'application/dicom+json'],
    [instance, xml, 200, xml],
    [instance, multipart, 200, multipart],
    [instance, `${xml};q=0.5, application/dicom+json;q=0.4`, 200, xml],
  ])('%s for %s answers %i as %s', async (path, accept, status, contentType) => {
    const response = await get(path, { Accept: accept });
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toContain(contentType);
  });

  it('has a part in XML for each instance, with absolute URIs', async () => {
    const { body } = await get(study, { Accept: multipart });
    const [, first = '', second = ''] = body.split(/\r?\n?--\w{32}/);
    expect(first).toMatch(/^\r\nContent-Type: application\/dicom\+xml\r\nContent-Length: \d+\r\n\r\n<\?xml /);
    expect(first).toContain('<BulkData uri="https://pacs.example/dicom-web/studies/a&amp;b"/>');
    expect(first).toContain('<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData">');
    expect(second).toContain('<Value number="1">&quot;BulkDataURI&quot;:&quot;studies/x</Value>');
  });

  it('makes a compressed answer once for all that ask for the same contents of this site', async () => {
    contentKey = 'new';
    const compressed = { Accept: 'application/dicom+json', 'Accept-Encoding': 'gzip' };
    const whole = (await get(study, { ...compressed, 'Accept-Encoding': 'identity' })).body;
    const ask = async (path: string, headers: Record<string, string> = compressed) => {
      const from = made.length;
      const answer = await get(path, headers);
      return { ...answer, times: made.length - from };
    };
    const first = await ask(study);
    const second = await ask(study);
    expect([first.times, second.times]).toEqual([1, 0]);
    expect([first.body, second.body]).toEqual([whole, whole]);
    expect(second.headers['content-encoding']).toBe('gzip');
    expect(second.headers.etag).toBe(first.headers.etag);
    expect((await ask(study, { ...compressed, 'If-None-Match': String(first.headers.etag) })).status).toBe(304);
    expect((await ask(study, { ...compressed, Accept: 'application/json' })).times).toBe(1);
    expect(JSON.parse((await ask(instance)).body)).toHaveLength(1);
    contentKey = 'other';
    expect((await ask(study)).times).toBe(1);
    siteId = 2;
    expect([(await ask(study)).times, (await ask(study)).times]).toEqual([1, 1]);
  });

  it('answers 304 to the ETag of each representation, which are all different', async () => {
    const etags = new Set<string>();
    for (const accept of [xml, multipart, 'application/dicom+json', 'application/json']) {
      const etag = String((await get(instance, { Accept: accept })).headers.etag);
      etags.add(etag);
      expect((await get(instance, { Accept: accept, 'If-None-Match': etag })).status).toBe(304);
    }
    expect(etags.size).toBe(4);
  });
});
