import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Archive } from '../../archive/archive.js';
import { readConfig } from '../../config.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const retired: string[] = [];
const archive = {
  instance: async () => ({ StudyInstanceUID: '1', SeriesInstanceUID: '2', SOPInstanceUID: '3' }),
  search: async () => ({ matches: [], remaining: 0 }),
  retire: async (uid: string) => void retired.push(uid),
} as unknown as Archive;
const VIEWER = 'https://viewer.example';
const config = readConfig({ PUBLIC_URL: 'https://pacs.example', CORS_ORIGINS: VIEWER });
const app = createHttpApp({ ...httpPartsOver(archive), config });
const RETIRE = '/ledger/instances/3/retire';
const token = { Authorization: 'Bearer abc' };

async function statusOf(headers: Record<string, string>): Promise<number> {
  const { status } = await request(app)
    .post(RETIRE)
    .set({ Host: 'localhost', ...headers })
    .send({ reason: 'wrong' });
  return status;
}

describe('refuseOtherPages', () => {
  it.each<[string, Record<string, string>]>([
    ['a program', {}],
    ['a page of ours', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost' }],
    ['a form of ours', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }],
    ['the user alone', { 'Sec-Fetch-Site': 'none' }],
    ['a page of ours, in an old browser', { Origin: 'http://localhost' }],
    ['a page at PUBLIC_URL, in an old browser', { Origin: 'https://pacs.example' }],
    ['a listed origin with a token', { 'Sec-Fetch-Site': 'cross-site', Origin: VIEWER, ...token }],
  ])('lets %s write', async (_who, headers) => {
    expect(await statusOf(headers)).toBe(204);
  });

  it.each<[string, Record<string, string>]>([
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['a form of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page at another port', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:3000' }],
    ['a page at another port, in an old browser', { Origin: 'http://localhost:3000' }],
    ['a page of ours without TLS', { Origin: 'http://pacs.example' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['no origin at all', { Origin: '' }],
    ['another site with a token', { Origin: 'https://evil.example', ...token }],
    ['a listed origin without a token', { 'Sec-Fetch-Site': 'cross-site', Origin: VIEWER }],
    ['a listed origin by Basic, which browsers add', { Origin: VIEWER, Authorization: 'Basic YTpi' }],
    ['a site that begins like a listed one', { Origin: `${VIEWER}.evil.example`, ...token }],
    ['an unknown word', { 'Sec-Fetch-Site': 'sideways' }],
  ])('answers %s with 403', async (_who, headers) => {
    retired.length = 0;
    expect([await statusOf(headers), retired]).toEqual([403, []]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'] as const)('holds for every %s, wherever it goes', async (method) => {
    const headers = { Host: 'localhost', 'Sec-Fetch-Site': 'cross-site' };
    for (const path of ['/dicom-web/studies', '/dicom-web/patients/p/images', '/ledger/instances/3/verify', '/', '/x'])
      expect((await request(app)[method.toLowerCase() as 'post'](path).set(headers)).status).toBe(403);
  });

  it('lets other pages ask: what they may read is for CORS to say', async () => {
    const headers = { Host: 'localhost', 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    const answer = await request(app).get('/dicom-web/studies').set(headers);
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, undefined]);
  });
});
