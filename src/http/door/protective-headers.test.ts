import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive } from '../../archive/archive.js';
import { httpAppOver } from '../testing/http-app-over.js';

const archive = { search: async () => ({ matches: [], remaining: 0 }) } as unknown as Archive;
const app = httpAppOver(archive);

describe('protectiveHeaders', () => {
  it.each<[string, Record<string, string>]>([
    ['/dicom-web/studies', {}],
    ['/dicom-web/nothing', {}],
    ['/dicom-web/studies', { Host: 'evil.example' }],
    ['/ledger/nothing', {}],
    ['/metrics', {}],
    ['/healthz', {}],
    ['/', { Accept: 'text/html' }],
    ['/nothing.js', {}],
  ])('stand on the answer of %s to %j', async (path, headers) => {
    const answer = await request(app).get(path).set(headers);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
    });
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'self'");
    expect(answer.headers['strict-transport-security']).toBeUndefined();
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('varyByCaller', () => {
  it.each(['/dicom-web/studies', '/dicom-web/nothing', '/ledger/nothing'])(
    'stands on the answer of %s',
    async (path) => {
      const { vary } = (await request(app).get(path)).headers;
      for (const name of ['Origin', 'Authorization', 'Cookie']) expect(vary).toContain(name);
    },
  );
});
